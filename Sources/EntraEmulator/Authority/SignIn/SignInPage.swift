/// The page on which an administrator picks an account. It runs no scripts and loads nothing.
enum SignInPage {
    /// - Parameter hint: the account that is chosen already, if the tenant has it.
    static func choice(_ app: AppRegistration, tenant: Tenant?, hint: String?) -> String {
        ConsentPages.page(
            "Sign in to your account",
            """
            <h1>Pick an account</h1><p>to continue to \(ConsentPages.escape(app.displayName))</p>
            <form method="post"><fieldset><legend>Accounts</legend>
            \(ConsentPages.accounts(tenant, hint: hint))
            <label>Use another account <input name="other_account" autocomplete="off"></label></fieldset>
            <button name="decision" value="accept">Sign in</button>
            <button name="decision" value="cancel">Cancel</button></form>
            """)
    }
}
