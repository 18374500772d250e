extension AuthorityCode {
    /// Consent that is not there, or was not given: what the customer's administrator does about it. By number, as text sorts.
    static let consentEntries: [AuthorityCode] = [
        AuthorityCode(
            16000, .declined, "Several accounts are signed in and none was chosen.",
            .customerAdmin, "Open the link again and choose the administrator's account.", asking: .rightAccount),
        AuthorityCode(
            50020, .declined, "The account that answered belongs to another directory.",
            .customerAdmin, "Open the link again with an administrator account of that tenant.", asking: .rightAccount),
        AuthorityCode(
            50034, .declined, "The account that answered does not exist in that tenant.",
            .customerAdmin, "Open the link again with an administrator account of that tenant.", asking: .rightAccount),
        AuthorityCode(
            50105, .declined, "The account is not assigned to the app, and the tenant demands it.",
            .customerAdmin, "Assign the account under Enterprise apps, or demand no assignment.", asking: .assignAccount
        ),
        AuthorityCode(
            501051, .consentMissing, "The API demands that the app is assigned to one of its roles, and it is not.",
            .customerAdmin, "Grant admin consent, or assign the role to the app.", asking: .assignRole),
        AuthorityCode(
            54005, .declined, "The code of the sign-in was used before.",
            .customerAdmin, "Open the link and sign in again.", asking: .signInAgain),
        AuthorityCode(
            65001, .consentMissing, "No administrator has consented to the app in this tenant.",
            .customerAdmin, "Open the consent link and approve.", asking: .consent),
        AuthorityCode(
            65004, .declined, "The administrator declined.",
            .customerAdmin, "Ask again with a new link, after a word with the customer.", asking: .considerAgain),
        AuthorityCode(
            70000, .declined, "The code of the sign-in is not valid here.",
            .customerAdmin, "Open the link and sign in again.", asking: .signInAgain),
        AuthorityCode(
            70001, .disabledByCustomer, "The app is disabled in this tenant, or not known there.",
            .customerAdmin, "Enable it under Enterprise applications, or consent again.", asking: .consent),
        AuthorityCode(
            700011, .consentMissing, "The app is not known in this tenant.",
            .customerAdmin, "Open the consent link and approve.", asking: .consent),
        AuthorityCode(
            7000112, .disabledByCustomer, "The app's service principal is disabled.",
            .customerAdmin,
            "Enable sign-in for the app under Enterprise applications; if all tenants say so, Microsoft or you disabled it.",
            asking: .enableSignIn),
        AuthorityCode(
            700016, .consentMissing,
            "The app is not known in this tenant: no consent yet, removed, another cloud, or a single-tenant registration.",
            .customerAdmin,
            "Open the consent link and approve; if many tenants say so, check client id, cloud and audience.",
            asking: .consent),
        AuthorityCode(
            700020, .declined, "The authority wants the person to interact with it.",
            .customerAdmin, "Open the link again and finish what the page asks.", asking: .signInAgain),
        AuthorityCode(
            7000229, .consentMissing,
            "The app has no service principal in this tenant: nobody consented, or it was removed.",
            .customerAdmin, "Open the consent link and approve.", asking: .consent),
        AuthorityCode(
            70008, .declined, "The sign-in was not finished in time.",
            .customerAdmin, "Open the link and sign in again.", asking: .signInAgain),
        AuthorityCode(
            90093, .declined, "The account that answered is no administrator.",
            .customerAdmin, "Let a Privileged Role Administrator open the link.", asking: .administrator),
        AuthorityCode(
            90094, .declined, "The tenant's policy wants an administrator to approve.",
            .customerAdmin, "Let a Privileged Role Administrator open the link.", asking: .administrator),
        AuthorityCode(
            90095, .declined, "A request for approval was sent to the tenant's administrators; nothing is granted yet.",
            .customerAdmin, "Let an administrator approve that request.", asking: .approveRequest),
    ]
}
