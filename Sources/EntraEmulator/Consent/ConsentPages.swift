/// The pages an administrator sees. They run no scripts and load nothing.
enum ConsentPages {
    /// Who asks and for what, with a chooser of accounts and the two buttons.
    static func choice(_ request: ConsentRequest, publisher: String) -> String {
        let permissions = request.permissions.flatMap { entry in
            entry.roles.map { role in
                "<li><strong>\(escape(PermissionCatalog.title(of: role)))</strong><br>"
                    + "<span>\(escape(entry.resource.displayName)), \(escape(role))</span></li>"
            }
        }
        let list =
            permissions.isEmpty
            ? "<p>No application permission is requested.</p>"
            : "<p>This app would like to:</p><ul>\(permissions.joined())</ul>"
        return page(
            "Permissions requested",
            """
            <h1>Permissions requested</h1><p>Review for your organization</p>
            <h2>\(escape(request.app.displayName))</h2>
            <p>Published by \(escape(publisher)), unverified<br><span>\(request.app.clientID.text)</span></p>
            \(list)
            <p>If you approve, this app will get access to the specified resources for all users in your organization. \
            No one else will be prompted to review these permissions.</p>
            <form method="post"><fieldset><legend>Pick an account</legend>
            \(accounts(request.tenant))
            <label>Use another account <input name="other_account" autocomplete="off"></label></fieldset>
            <button name="decision" value="approve">Approve</button>
            <button name="decision" value="decline">Decline</button></form>
            """)
    }

    /// A refusal that stays on the authority's own page: nobody is told through the callback.
    static func refusal(_ error: AuthorityError, _ correlation: Correlation) -> String {
        let title = error.code == 90094 ? "Need admin approval" : "Sorry, but we’re having trouble signing you in."
        let lines = error.description(correlation).split(separator: "\r\n").map { escape(String($0)) }
        return page(title, "<h1>\(title)</h1><p>\(lines.joined(separator: "<br>"))</p>")
    }

    /// The end of a link that named no reply address.
    static func doneWithoutReplyAddress(_ app: AppRegistration) -> String {
        page(
            "Consent recorded",
            "<h1>Consent recorded</h1><p>\(escape(app.displayName)) has the permissions. The link named no reply "
                + "address, so you can close this window.</p>")
    }

    /// What `error_uri` of an error reply leads to.
    static func explanation(code: String) -> String {
        page("AADSTS\(escape(code))", "<h1>AADSTS\(escape(code))</h1><p>Look this code up at Microsoft.</p>")
    }

    /// Text made safe for content and for attribute values in double quotes.
    static func escape(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }

    /// - Parameter hint: the account that is chosen already; without one the first is.
    static func accounts(_ tenant: Tenant?, hint: String? = nil) -> String {
        var offered = tenant?.offeredAccounts ?? []
        if let hinted = hint.flatMap({ tenant?.account($0) }), !offered.contains(where: { $0.id == hinted.id }) {
            offered.append(hinted)
        }
        let chosen = hint.flatMap { tenant?.account($0)?.signInName } ?? offered.first?.signInName
        return offered.map { user in
            """
            <label><input type="radio" name="account" value="\(escape(user.signInName))"\(user.signInName == chosen ? " checked" : "")> \
            \(escape(user.displayName)) <span>\(escape(user.signInName)), \
            \(user.role == .none ? "no role" : escape(user.role.rawValue))</span></label>
            """
        }.joined(separator: "\n")
    }

    static func page(_ title: String, _ body: String) -> String {
        """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
        <meta name="viewport" content="width=device-width"><style>
        body{font:15px "Segoe UI",sans-serif;background:#f2f2f2;color:#1b1b1b}
        main{background:#fff;max-width:27em;margin:4em auto;padding:2.5em;box-shadow:0 2px 6px #0003}
        h1{font-size:1.5em;font-weight:600}h2{font-size:1.1em}span{color:#555}label{display:block;margin:.4em 0}
        fieldset{border:1px solid #ccc;margin:1em 0}button{padding:.5em 1.5em;margin-right:.5em}
        footer{max-width:32em;margin:auto;color:#a00}
        </style></head><body><main>\(body)</main>
        <footer>This is an emulator for tests, not Microsoft. Never type a real password here.</footer></body></html>
        """
    }
}
