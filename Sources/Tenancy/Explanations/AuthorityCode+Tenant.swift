extension AuthorityCode {
    /// What lies in the customer's tenant: its policies, its APIs, its existence. By number, as text sorts.
    static let tenantEntries: [AuthorityCode] = [
        AuthorityCode(
            1000031, .blockedByPolicy, "The app cannot be used in this tenant at this time.",
            .customerAdmin, "Ask the tenant's administrator what blocks it.", asking: .unblockApp),
        AuthorityCode(
            50001, .resourceMissing, "The API asked for is not known in this tenant.",
            .you, "Check the resource; if it is right, the customer must enable or license that API."),
        AuthorityCode(
            500011, .resourceMissing, "The API asked for has no service principal in this tenant.",
            .you, "Check the resource and its cloud; if it is right, the customer must enable or license that API."),
        AuthorityCode(
            500014, .resourceMissing,
            "The API's service principal is disabled in this tenant, for example after a subscription lapsed.",
            .customerAdmin, "Renew the subscription or enable the API's service principal.", asking: .licenseAPI),
        AuthorityCode(
            50002, .blockedByPolicy, "The tenant is restricted by the proxy of the administrator's network.",
            .customerAdmin, "Allow this tenant in the tenant-restrictions policy.", asking: .tenantRestrictions),
        AuthorityCode(
            500021, .blockedByPolicy,
            "The network of the administrator lets nobody into this tenant (tenant restrictions).",
            .customerAdmin, "Allow this tenant in the tenant restrictions, or use another network.",
            asking: .tenantRestrictions),
        AuthorityCode(
            500022, .blockedByPolicy, "The tenant restrictions sent by the administrator's network are not valid.",
            .customerAdmin, "Correct the tenant restrictions at the proxy, or use another network.",
            asking: .tenantRestrictions),
        AuthorityCode(
            500212, .blockedByPolicy,
            "The cross-tenant access settings of the administrator's own tenant forbid the way out.",
            .customerAdmin, "Allow the app in the outbound settings, or use an account of the tenant itself.",
            asking: .crossTenantAccess),
        AuthorityCode(
            500213, .blockedByPolicy, "The cross-tenant access settings of the tenant forbid the way in.",
            .customerAdmin, "Allow the app in the inbound settings, or use an account of the tenant itself.",
            asking: .crossTenantAccess),
        AuthorityCode(
            50128, .tenantInvalid, "The domain is not known.",
            .you, "Resolve the tenant again by its GUID."),
        AuthorityCode(
            53003, .blockedByPolicy, "A Conditional Access policy of the customer blocks the app.",
            .customerAdmin, "Exclude the app's service principal from that policy, or allow this network location.",
            asking: .conditionalAccess),
        AuthorityCode(
            530032, .blockedByPolicy, "A security policy of the tenant blocks the app.",
            .customerAdmin, "Allow the app in that policy.", asking: .securityPolicy),
        AuthorityCode(
            530035, .blockedByPolicy, "The tenant's security defaults block the app.",
            .customerAdmin, "Allow the app, or replace security defaults by policies.", asking: .securityPolicy),
        AuthorityCode(
            650052, .resourceMissing, "The tenant has no subscription for the API that the app needs.",
            .customerAdmin, "License or enable that API.", asking: .licenseAPI),
        AuthorityCode(
            90002, .tenantInvalid, "The tenant does not exist in this cloud, or has no active subscription.",
            .you, "Check the tenant's GUID and cloud with the customer."),
        AuthorityCode(
            900021, .tenantInvalid, "The tenant id is the empty GUID.",
            .you, "Use the customer's real tenant id."),
        AuthorityCode(
            900023, .tenantInvalid, "The tenant id is malformed.",
            .you, "Use a GUID or a domain name."),
        AuthorityCode(
            90019, .tenantInvalid, "The request names no tenant.",
            .you, "Use the tenant's GUID."),
        AuthorityCode(
            90038, .tenantInvalid, "The tenant lives in another national cloud.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900382, .tenantInvalid, "A confidential client may not cross clouds.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            90043, .tenantInvalid, "The tenant lives in another national cloud.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900432, .tenantInvalid, "A confidential client may not cross clouds.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900439, .tenantInvalid, "A government tenant was asked at the public endpoint.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            90051, .tenantInvalid, "The national cloud of the request is wrong.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900941, .blockedByPolicy, "Microsoft considers the app risky, often because its publisher is not verified.",
            .you, "Verify the publisher of the registration."),
        AuthorityCode(
            900981, .blockedByPolicy, "Microsoft considers the app risky, often because its publisher is not verified.",
            .you, "Verify the publisher of the registration."),
    ]
}
