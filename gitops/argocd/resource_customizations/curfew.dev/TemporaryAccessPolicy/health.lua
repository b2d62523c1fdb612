-- A policy has no status: it is in force as soon as it is stored. A suspended one is Healthy, too: it does what its owner
-- wants, and Suspended would hold up every later sync wave, and with it the commit that resumes the policy.
-- Only the base library of Lua is at hand here.

if obj.spec.suspend == true then
  return { status = "Healthy", message = "Suspended: no access under this policy" }
end
return { status = "Healthy", message = "In force" }
