/// What a customer's administrator is asked to do, in words for that person.
package enum CustomerAction: Sendable, Equatable, CaseIterable {
    case consent, confirm, approveMore, considerAgain, approveRequest, assignRole, enableSignIn
    case administrator, rightAccount, assignAccount, signInAgain
    case conditionalAccess, securityPolicy, tenantRestrictions, crossTenantAccess
    case licenseAPI, unblockApp

    /// A message ready to be sent: what does not work, why, what to do and where.
    ///
    /// - Parameters:
    ///   - app: the app's name as the customer's administrator reads it.
    ///   - tenant: the customer's name, domain or tenant id.
    ///   - code: what Microsoft calls the trouble, such as `AADSTS53003`.
    package func message(app: String, tenant: String, code: String?) -> String {
        let report = code.map { "Microsoft Entra ID reports \($0)" } ?? "The reason"
        return "Hello, \(app) cannot work for \(tenant) at the moment. \(report): \(reason(app: app)). "
            + "\(steps(app: app)) Please tell us when it is done; thank you for your help."
    }

    /// The end of a sentence that the customer reads.
    private func reason(app: String) -> String {
        switch self {
        case .consent: "no administrator has approved its permissions in your directory, or the approval was removed"
        case .confirm: "its permissions are approved, but no administrator has signed in with us to confirm that"
        case .approveMore: "some of the permissions it needs are not approved in your directory"
        case .considerAgain: "the approval of its permissions was declined"
        case .approveRequest: "a request for approval waits for your administrators"
        case .assignRole: "the permissions it needs are not assigned to it in your directory"
        case .enableSignIn: "it is disabled in your directory"
        case .administrator: "the account that opened our link is not allowed to approve its permissions"
        case .rightAccount: "our link was opened with an account that is not one of your directory"
        case .assignAccount: "the account that opened our link is not assigned to it"
        case .signInAgain: "the sign-in was not finished"
        case .conditionalAccess: "a Conditional Access policy of your directory blocks it"
        case .securityPolicy: "a security policy of your directory blocks it"
        case .tenantRestrictions: "the network from which our link was opened does not let accounts into your directory"
        case .crossTenantAccess: "cross-tenant access settings block it"
        case .licenseAPI: "a Microsoft service that it needs is not licensed or is switched off in your directory"
        case .unblockApp: "it is blocked in your directory"
        }
    }

    /// One sentence or two, with the way through the Entra admin center.
    private func steps(app: String) -> String {
        func at(_ path: String) -> String {
            "Entra ID > \(path) in the Microsoft Entra admin center (https://entra.microsoft.com)"
        }
        let page = "Enterprise apps > All applications > \(app)"
        switch self {
        case .consent, .approveMore, .considerAgain:
            return "Please open our link as a Privileged Role Administrator or Global Administrator and approve. "
                + "You can check the result at \(at("\(page) > Permissions"))."
        case .confirm:
            return
                "Please open our link as a Privileged Role Administrator or Global Administrator and sign in when it "
                + "asks for it; who holds these roles is listed at \(at("Roles & admins"))."
        case .approveRequest:
            return "Please go, as a Privileged Role Administrator, to "
                + "\(at("Enterprise apps > Admin consent requests > My Pending")) and approve the request for \(app)."
        case .assignRole:
            return "Please go, as a Privileged Role Administrator, to \(at("\(page) > Permissions")) and choose "
                + "\"Grant admin consent\"."
        case .enableSignIn:
            return "Please go to \(at("\(page) > Properties")), set \"Enabled for users to sign-in?\" to Yes, and save."
        case .administrator:
            return "Please let a Privileged Role Administrator or Global Administrator open our link; who holds these "
                + "roles is listed at \(at("Roles & admins"))."
        case .rightAccount:
            return "Please open our link again in a private browser window and sign in with an administrator account "
                + "of your directory, one that is listed at \(at("Users"))."
        case .assignAccount:
            return "Please go to \(at("\(page) > Users and groups")) and add the account, or set \"Assignment "
                + "required?\" to No under Properties there. Then open our link again."
        case .signInAgain:
            return "Please open our link again and finish the sign-in within some minutes. If it fails once more, the "
                + "reason is listed at \(at("Monitoring & health > Sign-in logs"))."
        case .conditionalAccess:
            return "Which policy it is stands at "
                + "\(at("Monitoring & health > Sign-in logs > Service principal sign-ins")). Please exclude \(app) from "
                + "that policy under Entra ID > Conditional Access > Policies, or allow our network location in it."
        case .securityPolicy:
            return "Please check \(at("Conditional Access > Policies")), and the security defaults under Entra ID > "
                + "Overview > Properties, and allow \(app) there."
        case .tenantRestrictions:
            return "Please open our link from another network, or let your network team allow your directory in its "
                + "tenant restrictions, at "
                + "\(at("External Identities > Cross-tenant access settings > Default settings"))."
        case .crossTenantAccess:
            return "Please allow \(app) at \(at("External Identities > Cross-tenant access settings")), or open our "
                + "link with an administrator account of your own directory."
        case .licenseAPI:
            return "Please check that the service is licensed (Billing > Licenses), and that it is enabled at "
                + "\(at("Enterprise apps > All applications")), where the application type Microsoft Applications "
                + "lists it."
        case .unblockApp:
            return "Please check \(at("\(page) > Properties")), and the policies under Entra ID > Conditional Access > "
                + "Policies, and allow the app."
        }
    }
}
