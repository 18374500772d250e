import Tenancy
struct TemporarySignIn: AdministratorAuthority {
    func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? { nil }
    func redeem(_ code: Secret<String>, for signIn: AdministratorSignIn) async throws(AdministratorSignInError) -> AdministratorIdentity { throw .unavailable("no") }
}
