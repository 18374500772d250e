-- For wrk: POST /v1/tokens for one tenant after the other. Arguments: the API key, a file with a tenant's id a line.
local requests, place = {}, 0

function init(args)
    local headers = { ["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json" }
    for tenant in io.lines(args[2]) do
        local body = '{"tenant":"' .. tenant .. '","resource":"https://graph.microsoft.com"}'
        requests[#requests + 1] = wrk.format("POST", "/v1/tokens", headers, body)
    end
end

function request()
    place = place % #requests + 1
    return requests[place]
end
