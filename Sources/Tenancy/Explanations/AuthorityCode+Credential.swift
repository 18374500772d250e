extension AuthorityCode {
    /// The app's own secret, certificate or federated assertion. By number, as text sorts.
    static let credentialEntries: [AuthorityCode] = [
        AuthorityCode(
            50003, .ourCredential, "The app registration has no signing key configured.",
            .you, "Add a certificate to the registration."),
        AuthorityCode(
            50012, .ourCredential, "The client assertion failed: certificate, signature or clock.",
            .you, "Check the registered certificate and the clock of this machine."),
        AuthorityCode(
            50013, .ourCredential, "The assertion is invalid.",
            .you, "Check the assertion's signature and audience."),
        AuthorityCode(
            50027, .ourCredential, "The client assertion is malformed.",
            .you, "Check the certificate of this app and report this as a defect."),
        AuthorityCode(
            50048, .ourCredential, "Subject and issuer of the client assertion differ.",
            .you, "Report this as a defect."),
        AuthorityCode(
            50166, .ourCredential, "The keys of the federated assertion's issuer could not be fetched.",
            .you, "See that the issuer publishes its OpenID document and keys, then try again."),
        AuthorityCode(
            70002, .ourCredential, "The client credential was not accepted.",
            .you, "Check the credential of the app."),
        AuthorityCode(
            700021, .ourCredential, "Issuer or subject of the client assertion is not the client id.",
            .you, "Check the client id of this app."),
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
            700023, .ourCredential, "The client assertion was made for another tenant or cloud.",
            .you, "Check the app's cloud."),
        AuthorityCode(
            7000232, .ourCredential, "A secret was sent for a managed identity, which has none.",
            .you, "Use the client id of an app registration."),
        AuthorityCode(
            700024, .ourCredential, "The client assertion is outside its time window.",
            .you, "Set this machine's clock (NTP), then try again."),
        AuthorityCode(
            700027, .ourCredential,
            "The certificate is not registered for the app, has expired, or does not fit the signature.",
            .you, "Upload the certificate to the registration, or use the one that is there. RSA keys only."),
        AuthorityCode(
            700030, .ourCredential, "The certificate's subject or issuer is not authorised.",
            .you, "Use a certificate that the registration trusts."),
        AuthorityCode(
            70021, .ourCredential, "No federated credential matches the assertion.",
            .you, "Compare issuer, subject and audience with the registration, letter by letter."),
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
            700226, .ourCredential, "Only a managed identity's token may be sent as a federated assertion of Entra.",
            .you, "Use the token of a managed identity, or of another identity provider."),
        AuthorityCode(
            700227, .ourCredential, "The managed identity of the federated assertion may not be used for this app.",
            .you, "Use a managed identity of the app's home tenant, or another identity provider."),
        AuthorityCode(
            700229, .ourCredential, "The federated assertion of Entra is no app-only token.",
            .you, "Use the token of a managed identity or of an app, not that of a person."),
    ]
}
