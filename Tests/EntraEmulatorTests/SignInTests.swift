import EntraEmulator
import Foundation
import Testing

@Suite("Administrator sign-in")
struct SignInTests {
    @Test("The discovery document leads to the page, and says how tokens are signed")
    func discovery() async throws {
        try await TestCloud.run { cloud in
            let document = try await cloud.wire.get(
                "\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration"
            ).json
            #expect(
                document["authorization_endpoint"] as? String
                    == "\(cloud.login)/\(TestCloud.contoso)/oauth2/v2.0/authorize")
            #expect(document["id_token_signing_alg_values_supported"] as? [String] == ["RS256"])
        }
    }

    @Test("The page offers the tenant's accounts, chooses the hinted one, and runs nothing")
    func page() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud, tenant: "fabrikam.example")
            let reply = try await cloud.wire.get(signIn.link(["login_hint": "norm@fabrikam.example"]))
            #expect(reply.status == 200)
            #expect(reply.text.contains("Fleet &lt;b&gt;Sync&lt;/b&gt;"))
            #expect(reply.text.contains("value=\"norm@fabrikam.example\" checked"))
            #expect(reply.text.contains("value=\"ada@fabrikam.example\">"))
            #expect(!reply.text.contains("<script"))
            #expect(try await cloud.token(tenant: "fabrikam.example").code == 7_000_229)
        }
    }

    @Test("Signing in goes back with a code and the state, and the code brings a signed id_token")
    func success() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            let reply = try await signIn.press()
            #expect(reply.status == 302)
            #expect(reply.callback["state"] == "st-2")
            #expect(reply.callback["session_state"] != nil)
            let tokens = try await signIn.redeem(try #require(reply.callback["code"]))
            #expect(tokens.status == 200)
            #expect(tokens.json["token_type"] as? String == "Bearer")
            #expect(tokens.json["refresh_token"] == nil)
            #expect(tokens.claims["appidacr"] as? String == "1")
            let token = try IDToken(#require(tokens.json["id_token"] as? String))
            #expect(try await token.isSigned(cloud))
            #expect(token["aud"] == TestCloud.clientID)
            #expect(token["iss"] == "\(cloud.login)/\(TestCloud.contoso)/v2.0")
            #expect(token["tid"] == TestCloud.contoso)
            #expect(token["nonce"] == "n-1")
            #expect(token["ver"] == "2.0")
            #expect(token["name"] == "Contoso Administrator")
            #expect(token["preferred_username"] == "admin@contoso.example")
            #expect(token["oid"] != nil)
            #expect(token["sub"] != token["oid"])
            #expect(token.claims["iat"] as? Int == 1_800_000_000)
            #expect(token.claims["nbf"] as? Int == 1_800_000_000)
            #expect(token.claims["exp"] as? Int == 1_800_003_600)
            #expect(token.claims["wids"] == nil)
        }
    }

    @Test("Without the scope profile the token does not say who it is, without openid there is none")
    func scopes() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            let bare = try await signIn.idToken(["scope": "openid", "nonce": nil])
            for name in ["oid", "name", "preferred_username", "nonce"] { #expect(bare.claims[name] == nil) }
            #expect(bare["sub"] != nil)
            let tokens = try await signIn.redeem(signIn.code(["scope": "User.Read offline_access"]))
            #expect(tokens.json["id_token"] == nil)
            #expect(tokens.json["refresh_token"] is String)
            #expect(tokens.json["scope"] as? String == "https://graph.microsoft.com/User.Read")
        }
    }

    @Test(
        "The directory roles are in the token only if the application asks for them",
        arguments: [
            ("DirectoryRole", true), ("ApplicationGroup, DirectoryRole", true), ("All", true),
            ("SecurityGroup", false), ("None", false),
        ])
    func roles(claims: String, shown: Bool) async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            try await signIn.wantRoles(claims)
            let roles = try await signIn.idToken().roles
            #expect(
                roles
                    == (shown
                        ? ["62e90394-69f5-4237-9190-012177145e10", "b79fbf4d-3ef9-4689-8143-76b194e85509"] : []))
        }
    }

    @Test(
        "Each directory role has its template, and every member the one of all members",
        arguments: [
            ("global_administrator", "62e90394-69f5-4237-9190-012177145e10"),
            ("privileged_role_administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814"),
            ("application_administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
            ("cloud_application_administrator", "158c047a-c907-4556-b7ef-446551a6b5f7"), ("none", nil),
        ])
    func templates(role: String, template: String?) async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            try await signIn.wantRoles()
            let users = [["user_principal_name": "u@contoso.example", "role": role]]
            _ = try await cloud.wire.control("POST", "/tenants/contoso.example/users", ["users": users])
            let roles = try await signIn.idToken(as: "u@contoso.example").roles
            #expect(roles == [template, "b79fbf4d-3ef9-4689-8143-76b194e85509"].compactMap { $0 })
        }
    }

    @Test("A guest signs in under the name at home, is somebody else here, and is no member")
    func guest() async throws {
        try await TestCloud.run { cloud in
            var signIn = SignIn(cloud: cloud)
            try await signIn.wantRoles()
            let guest = ["user_principal_name": "Ada@fabrikam.example", "user_type": "guest"]
            _ = try await cloud.wire.control("POST", "/tenants/contoso.example/users", ["users": [guest]])
            let here = try await signIn.idToken(as: "ada@fabrikam.example")
            #expect(here["tid"] == TestCloud.contoso)
            #expect(here["preferred_username"] == "ada@fabrikam.example")
            #expect(here["idp"] == "https://sts.windows.net/\(TestCloud.fabrikam)/")
            #expect(here.roles == ["13bd1c72-6f4a-4dcf-985f-18d3b80f208a"], "never none: that would say nothing")
            signIn.tenant = "fabrikam.example"
            let home = try await signIn.idToken(as: "ada@fabrikam.example")
            #expect(home["tid"] == TestCloud.fabrikam)
            #expect(home["oid"] != here["oid"])
            #expect(home["idp"] == nil)
            let graph = GraphClient(wire: cloud.wire, token: try await cloud.grantedToken())
            let user = try await graph.get(
                "/users/\(try #require(here["oid"]))?$select=userType,userPrincipalName,mail")
            #expect(user.json["userType"] as? String == "Guest")
            #expect(user.json["userPrincipalName"] as? String == "ada_fabrikam.example#EXT#@contoso.example")
            #expect(user.json["mail"] as? String == "ada@fabrikam.example")
        }
    }

    @Test("On a shared authority the account decides, and the code can be redeemed there or at its tenant")
    func sharedAuthority() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud, tenant: "organizations")
            for tenant in ["organizations", "common", TestCloud.fabrikam] {
                let reply = try await signIn.redeem(signIn.code(as: "ada@fabrikam.example"), at: tenant)
                let token = try IDToken(#require(reply.json["id_token"] as? String, "\(reply.text)"))
                #expect(token["iss"] == "\(cloud.login)/\(TestCloud.fabrikam)/v2.0")
            }
        }
    }

    @Test("The first sign-in makes the service principal, which has no roles")
    func admission() async throws {
        try await TestCloud.run { cloud in
            _ = try await SignIn(cloud: cloud).press()
            let token = try await cloud.token()
            #expect(token.status == 200)
            #expect(token.claims["roles"] == nil)
        }
    }

    @Test("A certificate redeems a code too", arguments: [TestCloud.contoso, "organizations"])
    func certificate(tenant: String) async throws {
        try await TestCloud.run { cloud in
            let certificate = try ClientCertificate.current()
            _ = try await cloud.wire.control(
                "POST", "/apps", ["client_id": TestCloud.clientID, "certificates": [certificate.pem]])
            let signIn = SignIn(cloud: cloud, tenant: tenant)
            let forge = AssertionForge(certificate, audience: "\(cloud.login)/\(tenant)/oauth2/v2.0/token")
            let reply = try await signIn.redeem(
                signIn.code(),
                [
                    "client_secret": nil, "client_assertion": try forge.signed(by: certificate),
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ])
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.claims["appidacr"] as? String == "2")
        }
    }

    @Test("The answer can come in the fragment")
    func fragment() async throws {
        try await TestCloud.run { cloud in
            let reply = try await SignIn(cloud: cloud).press(with: ["response_mode": "fragment"])
            #expect(reply.header("location")?.hasPrefix("\(SignIn.redirect)#code=1.") == true)
        }
    }
}
