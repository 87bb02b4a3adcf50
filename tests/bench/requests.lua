-- SPDX-License-Identifier: Apache-2.0
--
-- What wrk sends. The file that is named behind "--" holds a token a line. With "refresh" as second
-- word each token is used up and replaced by the one of its answer; otherwise they take turns as Bearer
-- tokens ("bearer") or as whole bodies ("body"), or nobody looks at them ("none"). The third word is how many milliseconds a connection
-- rests between two requests.

local tokens, kind = {}, nil
local next_token = 1

function init(arguments)
  for line in io.lines(arguments[1]) do tokens[#tokens + 1] = line end
  kind = arguments[2]
  local pause_ms = tonumber(arguments[3])
  -- wrk looks whether there is a delay after init().
  if pause_ms > 0 then
    delay = function() return pause_ms end
  end
end

function request()
  if kind == "none" then return wrk.format("GET") end
  if kind == "bearer" then
    next_token = next_token % #tokens + 1
    return wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. tokens[next_token] })
  end
  if kind == "body" then
    next_token = next_token % #tokens + 1
    return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, tokens[next_token])
  end
  -- More connections than tokens would present one twice.
  local token = table.remove(tokens)
  if not token then error("no refresh token is left") end
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" },
                    '{"refresh_token":"' .. token .. '"}')
end

function response(status, headers, body)
  if kind ~= "refresh" then
    if status >= 300 then error("status " .. status) end
    return
  end
  local token = body:match('"refresh_token":"([^"]+)"')
  if status ~= 200 or not token then error("status " .. status .. ": " .. body) end
  table.insert(tokens, 1, token)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %.0f %.0f\n", summary.requests, summary.duration,
                         errors.connect + errors.read + errors.write + errors.status + errors.timeout,
                         latency:percentile(50), latency:percentile(99)))
end
