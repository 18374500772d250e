extension AuthorityCode {
    /// What we asked, or registered, wrongly. By number, as text sorts.
    static let requestEntries: [AuthorityCode] = [
        AuthorityCode(
            100007, .ourRequest, "A regional authority serves Microsoft's own apps and managed identities only.",
            .you, "Use the cloud's ordinary authority, without a region."),
        AuthorityCode(
            1002012, .ourRequest, "The scope of an app-only request must end with /.default.",
            .you, "Ask for one resource with the suffix /.default."),
        AuthorityCode(
            28002, .ourRequest, "The scope names a permission that is none.",
            .you, "Ask for one resource with the suffix /.default."),
        AuthorityCode(
            28003, .ourRequest, "The scope is empty.",
            .you, "Ask for one resource with the suffix /.default."),
        AuthorityCode(
            50010, .ourRequest, "The audience is not configured for the app.",
            .you, "Correct the app's identifier URI."),
        AuthorityCode(
            50011, .ourRequest, "The redirect URI of the link is not registered for the app.",
            .you, "Register exactly that URI on the app, then make a new link."),
        AuthorityCode(
            500113, .ourRequest, "The app has no redirect URI.",
            .you, "Register the redirect URI on the app, then make a new link."),
        AuthorityCode(
            50049, .ourRequest, "The authority host is not a known Microsoft cloud.",
            .you, "Check the configured authority."),
        AuthorityCode(
            50050, .ourRequest, "The request for a description of the authority was malformed.",
            .you, "Check the configured authority."),
        AuthorityCode(
            50059, .ourRequest, "The request names no tenant, or the app does not exist in that cloud.",
            .you, "Use the tenant's GUID, and check the cloud of the registration."),
        AuthorityCode(
            50148, .ourRequest, "The sign-in was begun by someone else than who ends it (PKCE).",
            .you, "Begin the sign-in again; if it stays, report it as a security event."),
        AuthorityCode(
            50194, .ourRequest, "The app is registered for a single tenant only.",
            .you, "Set its audience to AzureADMultipleOrgs."),
        AuthorityCode(
            65002, .ourRequest, "The client id is one of Microsoft's own apps, which may not ask this API.",
            .you, "Register an app of your own and use its client id."),
        AuthorityCode(
            65005, .ourRequest, "The registration asks for a permission that does not exist.",
            .you, "Correct the permissions of the registration."),
        AuthorityCode(
            650053, .ourRequest, "The registration or the link asks for a permission that the API does not have.",
            .you, "Correct the permissions of the registration."),
        AuthorityCode(
            650054, .ourRequest, "The registration asks for an API that was removed or cannot be had.",
            .you, "Remove that API from the registration's permissions."),
        AuthorityCode(
            650056, .ourRequest, "The registration asks for nothing, or for nothing that can be consented to.",
            .you, "Add the application permissions to the registration."),
        AuthorityCode(
            650057, .ourRequest, "The API is not listed in the registration.",
            .you, "Add it to the registration's permissions."),
        AuthorityCode(
            7000114, .ourRequest, "The app may not call on behalf of users.",
            .you, "Use application permissions."),
        AuthorityCode(
            700022, .ourRequest, "More than one API was asked for at once.",
            .you, "Ask for one resource at a time."),
        AuthorityCode(
            700025, .ourRequest, "The app is registered as a public client.",
            .you, "Register it as a confidential (web) client."),
        AuthorityCode(
            70003, .ourRequest, "The grant type is not supported.",
            .you, "Report this as a defect."),
        AuthorityCode(
            70011, .ourRequest, "The scope is malformed.",
            .you, "Ask for one resource with the suffix /.default."),
        AuthorityCode(
            90004, .ourRequest, "The request was malformed.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90008, .ourRequest, "The registration must at least ask to sign users in.",
            .you, "Correct the permissions of the registration."),
        AuthorityCode(
            90010, .ourRequest, "The authority cannot do what was asked, for example with this algorithm.",
            .you, "Check the certificate of this app and report this as a defect."),
        AuthorityCode(
            9001023, .ourRequest, "The grant is not supported without a tenant.",
            .you, "Use the tenant's GUID."),
        AuthorityCode(
            90013, .ourRequest, "A parameter is invalid.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90014, .ourRequest, "A parameter is missing.",
            .you, "Report this as a defect."),
        AuthorityCode(
            900144, .ourRequest, "A parameter is missing.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90023, .ourRequest, "The authority cannot read the request.",
            .you, "Report this as a defect."),
        AuthorityCode(
            9002313, .ourRequest, "The request body is malformed.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90036, .ourRequest, "The directory failed unexpectedly.",
            .you, "Do not repeat it; open a support case with the correlation id."),
        AuthorityCode(
            900561, .ourRequest, "The endpoint accepts POST only.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90092, .ourRequest, "The directory refused what the consent page asked.",
            .you, "Check the registration."),
        AuthorityCode(
            900971, .ourRequest, "The link has no redirect URI.",
            .you, "Make a new link."),
        AuthorityCode(
            90099, .ourRequest, "The app is not authorised for partner delegated administration in this tenant.",
            .you, "Pre-consent the app in Partner Center."),
        AuthorityCode(
            901002, .ourRequest, "The v2 endpoint takes a scope, not a resource.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90124, .ourRequest, "The API is not to be had without a tenant.",
            .you, "Use the tenant's GUID."),
        AuthorityCode(
            90130, .ourRequest, "The app is not to be had without a tenant.",
            .you, "Use the tenant's GUID."),
    ]
}
