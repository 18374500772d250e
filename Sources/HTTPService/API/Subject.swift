import Hummingbird
import Tenancy

extension Steps {
    /// The onboarded tenant that a path or body names by GUID or domain.
    func tenant(_ text: String) async throws -> Tenant {
        let reference = try TenantReference(text)
        guard let tenant = try await stores.tenants.tenant(reference) else {
            throw RequestError.unknown("Tenant '\(reference)'")
        }
        return tenant
    }

    func tenant(in context: OperatorContext) async throws -> Tenant {
        let segment = try context.parameters.require("tenant")
        return try await tenant(PercentEncoding.decodeForm(segment) ?? segment)
    }
}
