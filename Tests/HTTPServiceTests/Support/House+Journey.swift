import Foundation
import SQLiteStore
import Tenancy
import Testing

/// Steps of the journey that many tests begin with, taken through the API itself.
extension House {
    static let appBody = """
        {"name":"crm","display_name":"CRM Sync","client_id":"\(guid(900))","permissions":[
        {"role":"User.Read.All","reason":"To know who works for you."},{"role":"Group.Read.All"}],
        "credential":{"secret":"\(appSecret)"}}
        """
    static let appSecret = "secretcanary~0123456789abcdefghijklmnopqr"

    /// The app `crm`, which needs `User.Read.All` and `Group.Read.All`.
    func addApp() async throws {
        let reply = try await socket.post("/v1/apps", Self.appBody)
        try #require(reply.status == 201)
    }

    /// Tenants with GUIDs that count up from 1.
    @discardableResult
    func addTenants(_ numbers: ClosedRange<Int>, cloud: Cloud = .public) async throws -> [Tenant] {
        let tenants = numbers.map { number in
            Tenant(
                id: TenantID(guid(number)), cloud: cloud, name: "Customer \(number)",
                domain: TenantDomain("customer\(number).example"), tags: .none, addedAt: clock.now)
        }
        try await store.tenants.add(tenants, by: .service)
        return tenants
    }

    /// The app, tenant number 1 and the proof of its consent.
    func addGrantedTenant() async throws {
        try await addApp()
        try await addTenants(1...1)
        try await prove(1)
    }

    func prove(_ number: Int) async throws {
        let reply = try await socket.post("/v1/tenants/\(guid(number))/verify", "{}")
        try #require(reply.status == 200)
    }

    /// A consent link of tenant number 1.
    func makeLink(_ body: String = "{}") async throws -> Link {
        let reply = try await socket.post("/v1/tenants/\(guid(1))/consent-links", body)
        try #require(reply.status == 201)
        return try Link(reply)
    }

    /// Sends the browser of an administrator back with that answer.
    func answer(_ link: Link, _ query: String) async throws -> Reply {
        try await pages.get("/consent/callback?state=\(link.state)&\(query)")
    }

    /// The answer that says yes for tenant number 1.
    static let approval = "admin_consent=True&tenant=\(guid(1))"
}

/// A consent link, taken apart.
struct Link {
    /// The path of its page at the public door.
    let page: String
    let adminConsentURL: String
    /// The one-time state in it.
    let state: String

    init(_ reply: Reply) throws {
        let link = try #require(reply.json["link"].string)
        try #require(link.hasPrefix(House.publicURL + "/connect/"))
        page = String(link.dropFirst(House.publicURL.count))
        adminConsentURL = try #require(reply.json["admin_consent_url"].string)
        let query = URLComponents(string: adminConsentURL)?.queryItems ?? []
        state = try #require(query.first { $0.name == "state" }?.value)
    }
}
