import FoundationEssentials
import Synchronization

/// The listener that is no part of the original: whoever runs the emulator makes tenants, decides as an administrator,
/// moves the time and arms faults here.
struct ControlPlane {
    let service: EmulatedService

    func respond(_ incoming: Incoming) -> Answer {
        guard service.addresses != nil else {
            return ControlError(status: 503, sentence: "The emulator is starting.").answer
        }
        guard Self.isLocal(incoming) else {
            return ControlError(status: 403, sentence: "The control plane does not serve web pages.").answer
        }
        do throws(ControlError) {
            guard incoming.segments.first == "control" else { throw noSuchPath(incoming) }
            return try routed(incoming, Array(incoming.segments.dropFirst()))
        } catch {
            return error.answer
        }
    }

    /// A web page can reach loopback addresses too. Its requests carry an origin, or the name of its own host.
    private static func isLocal(_ incoming: Incoming) -> Bool {
        guard incoming.header("origin") == nil else { return false }
        return ListenAddress(incoming.host)?.isLoopback ?? ListenAddress("\(incoming.host):80")?.isLoopback ?? false
    }

    private func routed(_ incoming: Incoming, _ path: [String]) throws(ControlError) -> Answer {
        switch (incoming.method, path.first, path.count) {
        case ("GET", "health", 1): return .json(200, ["status": "ok", "emulator": true])
        case ("GET", "state", 1): return state()
        case ("GET", "tenants", 1): return try listTenants(incoming.query)
        case ("POST", "tenants", 1): return try addTenants(body(incoming))
        case ("PATCH", "tenants", 2): return try changeTenant(tenant(path[1]), body(incoming))
        case ("DELETE", "tenants", 2): return try removeTenant(tenant(path[1]))
        case ("POST", "tenants", 3) where path[2] == "users": return try addUsers(tenant(path[1]), body(incoming))
        case ("POST", "tenants", 3) where path[2] == "revoke": return try revoke(tenant(path[1]), body(incoming))
        case ("POST", "apps", 1): return try putApp(body(incoming))
        case ("POST", "consent", 1): return try consent(body(incoming))
        case ("POST", "sign-in", 1): return try signIn(body(incoming))
        case ("POST", "tenants", 3) where path[2] == "service-principals":
            return try changePrincipal(tenant(path[1]), body(incoming))
        case ("POST", "tenants", 3) where path[2] == "forge": return try forge(tenant(path[1]), body(incoming))
        case ("DELETE", "tenants", 3) where path[2] == "forge": return clearForgeries(try tenant(path[1]))
        case ("GET", "trouble", 1): return .json(200, service.chaos.trouble.withLock { $0 }.json)
        case ("PATCH", "trouble", 1): return try changeTrouble(body(incoming))
        case ("POST", "replication", 1): return try changeReplication(body(incoming))
        case ("POST", "workload-tokens", 1): return try workloadToken(body(incoming))
        case ("GET", "device", 1): return deviceSignIns()
        case ("POST", "device", 1): return try decideDevice(body(incoming))
        case ("PATCH", "device", 1): return try changeDeviceInterval(body(incoming))
        case ("POST", "clock", 1): return try advanceClock(body(incoming))
        case ("POST", "faults", 1): return try armFault(body(incoming))
        case ("DELETE", "faults", 1):
            service.faults.withLock { $0.clear() }
            return .json(200, ["faults": []])
        case ("GET", "requests", 1): return try requests(incoming.query)
        case ("DELETE", "requests", 1):
            service.history.withLock { $0.clear() }
            return .json(200, ["requests": []])
        default: throw noSuchPath(incoming)
        }
    }

    /// The tenant of that identifier or domain.
    func tenant(_ name: String) throws(ControlError) -> Tenant {
        guard let tenant = service.snapshot.tenant(named: name) else {
            throw .notFound("There is no tenant '\(name)'.")
        }
        return tenant
    }

    private func body(_ incoming: Incoming) throws(ControlError) -> JSON {
        do throws(ShapeError) {
            return try JSON(parsing: incoming.body)
        } catch {
            throw ControlError(error)
        }
    }

    private func noSuchPath(_ incoming: Incoming) -> ControlError {
        .notFound("The control plane has no \(incoming.method) \(incoming.path).")
    }

    private func advanceClock(_ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["advance_seconds"])
            let decade: Double = 10 * 365 * 86_400
            guard let seconds = try shape.seconds("advance_seconds", in: -decade...decade) else {
                throw shape.error("advance_seconds", "is missing")
            }
            service.clock.advance(seconds: seconds)
        } catch {
            throw ControlError(error)
        }
        return .json(200, ["now": .string(Timestamps.iso(service.clock.now))])
    }

    private func requests(_ query: FormFields) throws(ControlError) -> Answer {
        var endpoint: RequestHistory.Endpoint?
        if let name = query["endpoint"] {
            guard let known = RequestHistory.Endpoint(rawValue: name) else {
                throw .badRequest("There is no endpoint '\(name)'.")
            }
            endpoint = known
        }
        let since = query["since"].map { Int($0) } ?? 0
        guard let since else { throw .badRequest("'since' must be the number of a request.") }
        let wanted = try query["tenant"].map { name throws(ControlError) in try tenant(name).id }
        let entries = service.history.withLock { $0 }.entries(endpoint: endpoint, tenant: wanted, since: since)
        return .json(200, ["requests": .array(entries.map(ControlViews.request))])
    }

    private func state() -> Answer {
        let now = service.clock.now
        let directory = service.snapshot
        return .json(
            200,
            [
                "emulator": true, "now": .string(Timestamps.iso(now)),
                "login": .string(service.addresses?.login ?? ""), "graph": .string(service.addresses?.graph ?? ""),
                "apps": .array(
                    directory.apps.values.sorted { $0.clientID.text < $1.clientID.text }
                        .map { ControlViews.app($0, directory: directory) }),
                "tenants": .array(
                    directory.tenantOrder.compactMap { directory.tenants[$0] }
                        .map { ControlViews.tenant($0, directory: directory, now: now) }),
                "chaos_seed": .integer(Int64(service.chaos.seed)),
                "trouble": service.chaos.trouble.withLock { $0 }.json,
                "faults": .array(service.faults.withLock { $0.waiting }.map(ControlViews.fault)),
            ])
    }
}
