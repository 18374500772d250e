/// Why an app was not made known, not found, or not registered as a spec says.
package enum RegistrationError: ExplainedError, Equatable {
    /// What is wrong, and the rule it breaks.
    case invalid(String, String)
    /// The credential cannot be used; a stable code, why, and what to do.
    case credential(code: String, why: String, nextStep: String)
    case unknownApp(String)
    case noApp
    case severalApps([AppName])
    case spec(SpecFault)
    case homeTenant(OnboardingError)
    case directory(DirectoryError)
    case token(TokenError)
    case signIn(SignInError)
    /// Nobody said as whom the directory is to be changed.
    case nobodySignedIn
    /// As whom it is to be deleted, that is.
    case nobodyToDelete(AppName)
    /// The app that is to change the directory lives in another cloud than the spec.
    case credentialOfOtherCloud(AppName, Cloud, Cloud)
    /// The app that is to change the directory is at home in another tenant, or nobody has said where.
    case credentialOfOtherTenant(AppName, TenantID, TenantID)
    case registrarHomeUnknown(AppName)
    /// Which of the application's entries in Entra a credential is, is not known here.
    case unidentified(CredentialID, CredentialKind)
    /// The name belongs to a registration in that tenant and cloud already.
    case moved(AppName, TenantID, Cloud)
    case goneFromDirectory(AppName, TenantID)
    /// No spec was ever applied under that name.
    case notRegistered(AppName)
    /// The directory or the spec changed since the plan was shown.
    case planChanged
    case homeTenantUnknown(AppName)
    case rotationRunning(AppName, CredentialID)
    case unknownCredential(String)
    case lastCredential(CredentialID)
    case credentialPending(CredentialID)
    case unknownRelease(Int)
    /// With the number that was asked for.
    case noDraft(AppName, Int?)
    case notApplied(AppName)
    case localOnly(String)
    /// A run of the app has not ended.
    case runUnfinished(AppName, RunID)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalid(let what, let rule):
            Problem(.invalid, code: "app_invalid", detail: "The \(what) cannot be used.", nextStep: "Mend it: \(rule).")
        case .credential(let code, let why, let nextStep):
            Problem(.invalid, code: code, detail: why, nextStep: nextStep)
        case .unknownApp(let name):
            Problem(
                .notFound, code: "app_unknown", detail: "No app is called '\(name)' here.",
                nextStep: "See `tenantry app list`.")
        case .noApp:
            Problem(
                .notFound, code: "app_missing", detail: "No app is known here yet.",
                nextStep: "Register one with `tenantry app apply`, or add your registration with `tenantry app add`.")
        case .severalApps(let names):
            Problem(
                .invalid, code: "app_unnamed", detail: "There are several apps here, and none was named.",
                nextStep: "Name one: \(names.map(\.description).joined(separator: ", ")).")
        case .spec(let fault):
            Problem(
                .invalid, code: "spec_invalid", detail: fault.what, nextStep: fault.mend, pointer: fault.pointer)
        case .homeTenant(let error): error.problem
        case .directory(let error): error.problem
        case .token(let error): error.problem
        case .signIn(let error): error.problem
        case .store(.alreadyExists(let what)):
            Problem(
                .conflict, code: "app_already_exists", detail: "\(what) is known here already.",
                nextStep: "See `tenantry app list`.")
        case .store(let error): error.problem
        case .nobodySignedIn:
            Problem(
                .invalid, code: "nobody_signed_in",
                detail: "Nobody was named as whom the directory is to be read or changed.",
                nextStep:
                    "Use --sign-in for an administrator, or --as APP for an app with Application.ReadWrite.OwnedBy.")
        case .nobodyToDelete(let name):
            Problem(
                .invalid, code: "nobody_signed_in",
                detail: "Nobody was named as whom '\(name)' is to be deleted in the directory.",
                nextStep: "Use --sign-in or --as APP; or only forget it here, with --keep-in-directory.")
        case .credentialOfOtherCloud(let name, let its, let wanted):
            Problem(
                .invalid, code: "credential_other_cloud",
                detail: "App '\(name)' has its credential in cloud \(its.rawValue); the registration is for cloud "
                    + "\(wanted.rawValue), and nothing crosses clouds.",
                nextStep: "Use an app or an administrator of cloud \(wanted.rawValue).")
        case .credentialOfOtherTenant(let name, let its, let wanted):
            Problem(
                .invalid, code: "credential_other_tenant",
                detail: "App '\(name)' is at home in tenant \(its); the registration is in tenant \(wanted).",
                nextStep: "Use an app or an administrator of tenant \(wanted).")
        case .registrarHomeUnknown(let name):
            Problem(
                .invalid, code: "home_tenant_unknown",
                detail: "Nobody has said in which tenant app '\(name)' is at home.",
                nextStep:
                    "Forget it with `tenantry app delete \(name) --keep-in-directory`, and add it with --home-tenant.")
        case .unidentified(let id, let kind):
            Problem(
                .conflict, code: "credential_unidentified",
                detail:
                    "Which \(kind.rawValue) of the application in Entra is credential \(id) cannot be told from here.",
                nextStep: "Remove it in the portal, then retire it with --keep-in-directory.")
        case .moved(let name, let home, let cloud):
            Problem(
                .conflict, code: "registration_elsewhere",
                detail:
                    "'\(name)' is registered in tenant \(home), cloud \(cloud.rawValue), and the spec names another.",
                nextStep: "Give the new registration another name: an application cannot move.")
        case .goneFromDirectory(let name, let home):
            Problem(
                .conflict, code: "registration_gone",
                detail: "The application of '\(name)' is no longer in tenant \(home).",
                nextStep: "Restore it there within 30 days of its deletion; or forget it with "
                    + "`tenantry app delete \(name) --keep-in-directory` and apply the spec anew: customers must then "
                    + "consent again.")
        case .notRegistered(let name):
            Problem(
                .notFound, code: "registration_unknown", detail: "No spec was ever applied for app '\(name)'.",
                nextStep: "Apply one with `tenantry app apply -f app.yaml`; it takes the registration over.")
        case .planChanged:
            Problem(
                .conflict, code: "plan_changed", detail: "The difference is no longer the one that was agreed to.",
                nextStep: "Look at the plan again and agree to that.", isRetryable: true)
        case .homeTenantUnknown(let name):
            Problem(
                .invalid, code: "home_tenant_unknown",
                detail: "Nobody has said in which tenant app '\(name)' is registered.",
                nextStep: "Apply its spec with `tenantry app apply`; that names the home tenant.")
        case .rotationRunning(let name, let credential):
            Problem(
                .conflict, code: "rotation_running",
                detail: "A rotation of app '\(name)' is under way, with credential \(credential).",
                nextStep: "Follow it with `tenantry credential list \(name)`, or wait for its end.")
        case .unknownCredential(let id):
            Problem(
                .notFound, code: "credential_unknown", detail: "The app has no credential '\(id)'.",
                nextStep: "See `tenantry credential list`.")
        case .lastCredential(let id):
            Problem(
                .conflict, code: "credential_last",
                detail: "Credential \(id) is the last one of its app that can be used.",
                nextStep: "Rotate instead, or add another first.")
        case .credentialPending(let id):
            Problem(
                .conflict, code: "credential_pending", detail: "Credential \(id) was not yet seen to work.",
                nextStep: "Wait for its rotation to end.")
        case .unknownRelease(let number):
            Problem(
                .notFound, code: "release_unknown", detail: "There is no such release: \(number).",
                nextStep: "See `tenantry release list`.")
        case .noDraft(let name, let number):
            Problem(
                .notFound, code: "release_unknown",
                detail: "App '\(name)' has no draft\(number.map { " with number \($0)" } ?? "") to publish.",
                nextStep: "See `tenantry release list \(name)`; `tenantry app apply` makes a draft of what changed.")
        case .notApplied(let name):
            Problem(
                .conflict, code: "release_not_applied",
                detail: "The registration of '\(name)' does not ask for everything that this release asks for, so no "
                    + "customer could grant it.",
                nextStep: "Apply the spec with these permissions first: `tenantry app apply`.")
        case .runUnfinished(let name, let run):
            Problem(
                .conflict, code: "run_unfinished", detail: "Run \(run) of app '\(name)' has not ended.",
                nextStep: "Wait for its end, then delete the app.")
        case .localOnly(let what):
            Problem(
                .forbidden, code: "local_only", detail: "\(what) can be set on the service's own machine only.",
                nextStep: "Run the command there.")
        }
    }
}

extension RegistrationError {
    /// Runs what asks the directory, and tells its failure as one of a registration.
    static func translating<Value>(
        _ body: () async throws(DirectoryError) -> Value
    ) async throws(RegistrationError) -> Value {
        do { return try await body() } catch { throw .directory(error) }
    }
}
