-- What kstatus makes of a grant, with one difference: a grant that waits for people, or for room under its policy, is
-- Suspended. Nothing is wrong with it, and nothing moves until somebody does something. Progressing lasts seconds.
-- Only the base library of Lua is at hand here.

local function health(status, message)
  return { status = status, message = message }
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "Curfew has not looked at this grant yet")
end

local said = {}
for _, condition in ipairs(status.conditions) do
  said[condition.type] = condition
end
local ready = said["Ready"]
local stalled = said["Stalled"]
if ready == nil then
  return health("Progressing", "Curfew has not looked at this grant yet")
end

if status.phase == "Denied" then
  return health("Degraded", ready.message)
end
-- The reason is a word to look up: docs/api.md says of each what to do.
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", ready.reason .. ": " .. ready.message)
end
-- Access holds, or begins by itself at spec.notBefore, or is over.
if ready.status == "True" and status.phase == "Active" then
  return health("Healthy", "Until " .. tostring(status.expirationTime) .. ": " .. ready.message)
end
if ready.status == "True" then
  return health("Healthy", ready.message)
end
if status.phase == "Pending" then
  return health("Suspended", ready.message)
end
return health("Progressing", ready.message)
