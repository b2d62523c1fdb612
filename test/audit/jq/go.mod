// jq, for the commands of docs/audit.md on machines that have none.
module curfew.dev/test/audit/jq

go 1.26.0

require github.com/itchyny/gojq v0.12.20

require github.com/itchyny/timefmt-go v0.1.9 // indirect
