extension AuthorityCode {
    /// Numbers, in the order of the documentation's families. One line an entry.
    static let entries: [AuthorityCode] = [
        AuthorityCode(
            50001, .resourceMissing, "The API asked for is not known in this tenant.",
            .you, "Check the resource; if it is right, the customer must enable or license that API."),
        AuthorityCode(
            500011, .resourceMissing, "The API asked for has no service principal in this tenant.",
            .you, "Check the resource and its cloud; if it is right, the customer must enable or license that API."),
        AuthorityCode(
            500014, .resourceMissing,
            "The API's service principal is disabled in this tenant, for example after a subscription lapsed.",
            .customerAdmin, "Renew the subscription or enable the API's service principal."),
        AuthorityCode(
            50002, .blockedByPolicy, "The tenant is restricted by the customer's network proxy.",
            .customerAdmin, "Allow this tenant in the tenant-restrictions policy."),
        AuthorityCode(
            50003, .ourCredential, "The app registration has no signing key configured.",
            .you, "Add a certificate to the registration."),
        AuthorityCode(
            50010, .ourRequest, "The audience is not configured for the app.",
            .you, "Correct the app's identifier URI."),
        AuthorityCode(
            50011, .ourRequest, "The redirect URI of the link is not registered for the app.",
            .you, "Register exactly that URI on the app, then make a new link."),
        AuthorityCode(
            50012, .ourCredential, "The client assertion failed: certificate, signature or clock.",
            .you, "Check the registered certificate and the clock of this machine."),
        AuthorityCode(
            50013, .ourCredential, "The assertion is invalid.",
            .you, "Check the assertion's signature and audience."),
        AuthorityCode(
            50020, .declined, "The account that answered belongs to another directory.",
            .customerAdmin, "Open the link again with an administrator account of that tenant."),
        AuthorityCode(
            50027, .ourCredential, "The client assertion is malformed.",
            .you, "Check the certificate of this app and report this as a defect."),
        AuthorityCode(
            50033, .transient, "The directory had a passing fault.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            50034, .declined, "The account that answered does not exist in that tenant.",
            .customerAdmin, "Open the link again with an administrator account of that tenant."),
        AuthorityCode(
            50048, .ourCredential, "Subject and issuer of the client assertion differ.",
            .you, "Report this as a defect."),
        AuthorityCode(
            50049, .ourRequest, "The authority host is not a known Microsoft cloud.",
            .you, "Check the configured authority."),
        AuthorityCode(
            50059, .ourRequest, "The request names no tenant, or the app does not exist in that cloud.",
            .you, "Use the tenant's GUID, and check the cloud of the registration."),
        AuthorityCode(
            50128, .tenantInvalid, "The domain is not known.",
            .you, "Resolve the tenant again by its GUID."),
        AuthorityCode(
            50194, .ourRequest, "The app is registered for a single tenant only.",
            .you, "Set its audience to AzureADMultipleOrgs."),
        AuthorityCode(
            50196, .transient, "The authority saw a loop of identical requests and pauses this client.",
            .nobodyWait, "Wait; then find what asks without using the cache."),
        AuthorityCode(
            501051, .consentMissing, "The API demands that the app is assigned to one of its roles, and it is not.",
            .customerAdmin, "Grant admin consent, or assign the role to the app."),
        AuthorityCode(
            53003, .blockedByPolicy, "A Conditional Access policy of the customer blocks the app.",
            .customerAdmin, "Exclude the app's service principal from that policy, or allow this network location."),
        AuthorityCode(
            530032, .blockedByPolicy, "A security policy of the tenant blocks the app.",
            .customerAdmin, "Allow the app in that policy."),
        AuthorityCode(
            530035, .blockedByPolicy, "The tenant's security defaults block the app.",
            .customerAdmin, "Allow the app, or replace security defaults by policies."),
        AuthorityCode(
            65001, .consentMissing, "No administrator has consented to the app in this tenant.",
            .customerAdmin, "Open the consent link and approve."),
        AuthorityCode(
            65004, .declined, "The administrator declined.",
            .customerAdmin, "Ask again with a new link, after a word with the customer."),
        AuthorityCode(
            65005, .ourRequest, "The registration asks for a permission that does not exist.",
            .you, "Correct the permissions of the registration."),
        AuthorityCode(
            650051, .transient,
            "Consent could not be recorded yet: the app's service principal is still being created or deleted.",
            .nobodyWait, "Wait up to 15 minutes; it is tried again."),
        AuthorityCode(
            650052, .resourceMissing, "The tenant has no subscription for the API that the app needs.",
            .customerAdmin, "License or enable that API."),
        AuthorityCode(
            650056, .ourRequest, "The registration asks for nothing, or for nothing that can be consented to.",
            .you, "Add the application permissions to the registration."),
        AuthorityCode(
            650057, .ourRequest, "The API is not listed in the registration.",
            .you, "Add it to the registration's permissions."),
        AuthorityCode(
            700011, .consentMissing, "The app is not known in this tenant.",
            .customerAdmin, "Open the consent link and approve."),
        AuthorityCode(
            700016, .consentMissing,
            "The app is not known in this tenant: no consent yet, removed, another cloud, or a single-tenant registration.",
            .customerAdmin,
            "Open the consent link and approve; if many tenants say so, check client id, cloud and audience."),
        AuthorityCode(
            700021, .ourCredential, "Issuer or subject of the client assertion is not the client id.",
            .you, "Check the client id of this app."),
        AuthorityCode(
            700022, .ourRequest, "More than one API was asked for at once.",
            .you, "Ask for one resource at a time."),
        AuthorityCode(
            700023, .ourCredential, "The client assertion was made for another tenant or cloud.",
            .you, "Check the app's cloud."),
        AuthorityCode(
            700024, .ourCredential, "The client assertion is outside its time window.",
            .you, "Set this machine's clock (NTP), then try again."),
        AuthorityCode(
            700025, .ourRequest, "The app is registered as a public client.",
            .you, "Register it as a confidential (web) client."),
        AuthorityCode(
            700027, .ourCredential,
            "The certificate is not registered for the app, has expired, or does not fit the signature.",
            .you, "Upload the certificate to the registration, or use the one that is there. RSA keys only."),
        AuthorityCode(
            70003, .ourRequest, "The grant type is not supported.",
            .you, "Report this as a defect."),
        AuthorityCode(
            700030, .ourCredential, "The certificate's subject or issuer is not authorised.",
            .you, "Use a certificate that the registration trusts."),
        AuthorityCode(
            70011, .ourRequest, "The scope is malformed.",
            .you, "Ask for one resource with the suffix /.default."),
        AuthorityCode(
            50166, .ourCredential, "The keys of the federated assertion's issuer could not be fetched.",
            .you, "See that the issuer publishes its OpenID document and keys, then try again."),
        AuthorityCode(
            700211, .ourCredential, "No federated credential has the issuer of the assertion.",
            .you, "Register exactly that issuer; a new one takes some minutes."),
        AuthorityCode(
            700212, .ourCredential, "No federated credential has the audience of the assertion.",
            .you, "Have the assertion issued for the audience that is registered."),
        AuthorityCode(
            7002121, .ourCredential, "No federated credential has the audience of the assertion.",
            .you, "Have the assertion issued for the audience that is registered."),
        AuthorityCode(
            700213, .ourCredential, "No federated credential has the subject of the assertion.",
            .you, "Register exactly that subject; a new one takes some minutes."),
        AuthorityCode(
            7002137, .ourCredential, "No federated credential has the managed identity of the assertion.",
            .you, "Register the identity's object id as the subject."),
        AuthorityCode(
            7002138, .ourCredential,
            "The subject of the assertion fits a federated credential except for upper and lower case.",
            .you, "Register the subject exactly as the assertion spells it."),
        AuthorityCode(
            700222, .ourCredential, "A token of Entra itself was sent as a federated assertion.",
            .you, "Use the token of another identity provider, or of a managed identity."),
        AuthorityCode(
            70021, .ourCredential, "No federated credential matches the assertion.",
            .you, "Compare issuer, subject and audience with the registration, letter by letter."),
        AuthorityCode(
            7000112, .disabledByCustomer, "The app's service principal is disabled.",
            .customerAdmin,
            "Enable sign-in for the app under Enterprise applications; if all tenants say so, Microsoft or you disabled it."
        ),
        AuthorityCode(
            7000114, .ourRequest, "The app may not call on behalf of users.",
            .you, "Use application permissions."),
        AuthorityCode(
            7000215, .ourCredential, "The client secret is wrong.",
            .you, "Store the secret's value, not its id; a new one may take 20 seconds to work."),
        AuthorityCode(
            7000216, .ourCredential, "The request carried no client credential.",
            .you, "Add a credential to the app."),
        AuthorityCode(
            7000218, .ourCredential, "The request carried no client credential.",
            .you, "Add a credential to the app."),
        AuthorityCode(
            7000222, .ourCredential, "Every client secret of the app has expired.",
            .you, "Create a new secret, store it here, and remove the old one."),
        AuthorityCode(
            7000229, .consentMissing,
            "The app has no service principal in this tenant: nobody consented, or it was removed.",
            .customerAdmin, "Open the consent link and approve."),
        AuthorityCode(
            70002, .ourCredential, "The client credential was not accepted.",
            .you, "Check the credential of the app."),
        AuthorityCode(
            70001, .disabledByCustomer, "The app is disabled in this tenant, or not known there.",
            .customerAdmin, "Enable it under Enterprise applications, or consent again."),
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
            90004, .ourRequest, "The request was malformed.",
            .you, "Report this as a defect."),
        AuthorityCode(
            90006, .transient, "A service behind the authority failed.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90008, .ourRequest, "The registration must at least ask to sign users in.",
            .you, "Correct the permissions of the registration."),
        AuthorityCode(
            90012, .transient, "The authority took too long.",
            .nobodyWait, "Try again."),
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
            90024, .transient, "The authority is short of capacity.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90033, .transient, "The directory is unavailable for the moment.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90036, .ourRequest, "The directory failed unexpectedly.",
            .you, "Do not repeat it; open a support case with the correlation id."),
        AuthorityCode(
            90038, .tenantInvalid, "The tenant lives in another national cloud.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            90051, .tenantInvalid, "The national cloud of the request is wrong.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            90055, .transient, "The authority throttles this tenant.",
            .nobodyWait, "Wait for the time it names."),
        AuthorityCode(
            900382, .tenantInvalid, "A confidential client may not cross clouds.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900432, .tenantInvalid, "A confidential client may not cross clouds.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900439, .tenantInvalid, "A government tenant was asked at the public endpoint.",
            .you, "Register the app in that cloud."),
        AuthorityCode(
            900561, .ourRequest, "The endpoint accepts POST only.",
            .you, "Report this as a defect."),
        AuthorityCode(
            900971, .ourRequest, "The link has no redirect URI.",
            .you, "Make a new link."),
        AuthorityCode(
            90090, .transient, "The directory failed behind the consent page.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90091, .transient, "The directory could not be reached behind the consent page.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90092, .ourRequest, "The directory refused what the consent page asked.",
            .you, "Check the registration."),
        AuthorityCode(
            90093, .declined, "The account that answered is no administrator.",
            .customerAdmin, "Let a Privileged Role Administrator open the link."),
        AuthorityCode(
            90094, .declined, "The tenant's policy wants an administrator to approve.",
            .customerAdmin, "Let a Privileged Role Administrator open the link."),
        AuthorityCode(
            90095, .declined, "A request for approval was sent to the tenant's administrators; nothing is granted yet.",
            .customerAdmin, "Let an administrator approve that request."),
        AuthorityCode(
            90099, .ourRequest, "The app is not authorised for partner delegated administration in this tenant.",
            .you, "Pre-consent the app in Partner Center."),
        AuthorityCode(
            900941, .blockedByPolicy, "Microsoft considers the app risky, often because its publisher is not verified.",
            .you, "Verify the publisher of the registration."),
        AuthorityCode(
            900981, .blockedByPolicy, "Microsoft considers the app risky, often because its publisher is not verified.",
            .you, "Verify the publisher of the registration."),
        AuthorityCode(
            9001023, .ourRequest, "The grant is not supported without a tenant.",
            .you, "Use the tenant's GUID."),
        AuthorityCode(
            901002, .ourRequest, "The v2 endpoint takes a scope, not a resource.",
            .you, "Report this as a defect."),
        AuthorityCode(
            9002313, .ourRequest, "The request body is malformed.",
            .you, "Report this as a defect."),
        AuthorityCode(
            1000031, .blockedByPolicy, "The app cannot be used in this tenant at this time.",
            .customerAdmin, "Ask the tenant's administrator what blocks it."),
        AuthorityCode(
            1002012, .ourRequest, "The scope of an app-only request must end with /.default.",
            .you, "Ask for one resource with the suffix /.default."),
    ]
}
