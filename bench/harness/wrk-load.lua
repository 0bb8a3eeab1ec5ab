-- Sends the requests of a file one after the other, and prints what came of it as JSON. See wrk-load.ts.
local requests = {}
local next_index = 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
end

function request()
  next_index = next_index % #requests + 1
  return requests[next_index]
end

function done(summary, latency)
  local errors = summary.errors
  local without_answer = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format(
    '\n{"answers":%d,"failures":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f}',
    summary.requests - errors.status,
    errors.status + without_answer,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3
  ))
end
