import Foundation
import Tenancy

/// The same number gives the same identifier, and a greater one a greater.
func guid(_ number: Int) -> GUID {
    let digits = String(number, radix: 16)
    let text = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    guard let guid = GUID(text) else { preconditionFailure("\(text) is no GUID") }
    return guid
}

func tenantID(_ number: Int) -> TenantID { TenantID(guid(number)) }

func resource(_ text: String) -> Resource {
    guard let resource = Resource(text) else { preconditionFailure("\(text) is no resource") }
    return resource
}

func appName(_ text: String) -> AppName {
    guard let name = AppName(text) else { preconditionFailure("\(text) is no app name") }
    return name
}

func graphPath(_ text: String) -> GraphPath {
    guard let path = GraphPath(text) else { preconditionFailure("\(text) is no Graph path") }
    return path
}

let graph = resource("https://graph.microsoft.com")

extension App {
    static func sample(_ name: String = "crm", number: Int = 1, cloud: Cloud = .public) -> App {
        App(
            name: appName(name), displayName: "CRM Sync", clientID: ClientID(guid(9_000_000 + number)), cloud: cloud,
            redirectURI: "https://isv.example/consent/callback", addedAt: ManualClock.start)
    }
}

extension NewCredential {
    /// A secret that is used first.
    static func sample(
        _ text: String = "correct horse", of app: AppName, id: String = "samplesecret",
        state: Credential.State = .preferred, expiresAt: Date? = nil
    ) -> NewCredential {
        NewCredential(
            record: Credential(
                id: credentialID(id), app: app, kind: .secret, label: "secret", addedAt: ManualClock.start,
                expiresAt: expiresAt, stored: state),
            value: .secret(Secret(text)))
    }
}

func credentialID(_ text: String) -> CredentialID {
    guard let id = CredentialID(text) else { preconditionFailure("\(text) names no credential") }
    return id
}

extension Release {
    /// Asks Graph for two roles.
    static func sample(of app: AppName, roles: [String] = ["User.Read.All", "Group.Read.All"]) -> Release {
        Release(
            app: app, number: 1,
            permissions: roles.map { Permission(resource: graph, role: $0, reason: "For the sake of \($0).") })
    }
}

extension Tenant {
    static func sample(_ number: Int, cloud: Cloud = .public) -> Tenant {
        Tenant(
            id: tenantID(number), cloud: cloud, name: "Customer \(number)",
            domain: TenantDomain("customer\(number).example"), tags: .none, addedAt: ManualClock.start)
    }
}

extension TokenKey {
    init(_ app: App, _ tenant: TenantID, _ resource: Resource = graph) {
        self.init(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
    }
}

extension Fault {
    static let sample = Fault(code: "sample", detail: "A sample.", whoMustAct: .customerAdmin)
}
