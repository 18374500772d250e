/// Writes a registration as commands for those who may not use ours: reviewed and run by somebody else, elsewhere.
package enum RegistrationExport {
    package enum Target: String, Sendable, CaseIterable {
        /// Azure CLI, a shell script.
        case az
        /// Microsoft Graph PowerShell.
        case powershell
        /// The azuread provider.
        case terraform
    }

    /// The whole text. Roles are looked up by name when it runs, so it needs no directory now.
    package static func text(_ spec: RegistrationSpec, for target: Target) -> String {
        let export = Export(spec: spec)
        return switch target {
        case .az: export.az
        case .powershell: export.powershell
        case .terraform: export.terraform
        }
    }
}

private struct Export {
    let spec: RegistrationSpec

    /// The APIs with the roles that are asked of each, in the order they first appear.
    private var apis: [(reference: APIReference, roles: [String])] {
        spec.permissions.reduce(into: []) { apis, permission in
            if let index = apis.firstIndex(where: { $0.reference == permission.api }) {
                apis[index].roles.append(permission.role)
            } else {
                apis.append((permission.api, [permission.role]))
            }
        }
    }

    private func header(_ comment: String) -> String {
        ([
            "Registers '\(spec.displayName)' in \(spec.homeTenant), cloud \(spec.cloud.rawValue). Made by tenantry from its spec."
        ]
            + spec.permissions.map { "  \($0.api) / \($0.role): \($0.reason)" })
            .map { "\(comment) " + String($0.map { $0.isNewline ? " " : $0 }) }.joined(separator: "\n")
    }

    // MARK: Azure CLI

    private static let azClouds: [Cloud: String] = [
        .public: "AzureCloud", .usGov: "AzureUSGovernment", .usGovDoD: "AzureUSGovernment", .china: "AzureChinaCloud",
    ]

    var az: String {
        var lines = [
            "#!/bin/sh", header("#"), "set -eu", "az cloud set --name \(Self.azClouds[spec.cloud] ?? "AzureCloud")",
            "az login --tenant \(sh(spec.homeTenant.description)) --allow-no-subscriptions", "",
            "app=$(az ad app create --display-name \(sh(spec.displayName)) \\",
            "    --sign-in-audience \(spec.audience.rawValue) \\",
        ]
        if !spec.redirectURIs.isEmpty {
            lines.append("    --web-redirect-uris \(spec.redirectURIs.map(sh).joined(separator: " ")) \\")
        }
        lines += ["    --query appId -o tsv)", "az ad sp create --id \"$app\" >/dev/null"]
        for (number, api) in apis.enumerated() {
            lines += ["", "api\(number)=\(azAPI(api.reference))"]
            for role in api.roles {
                let query = GUID(role) == nil ? "appRoles[?value=='\(role)'].id" : "appRoles[?id=='\(role)'].id"
                lines += [
                    "role=$(az ad sp show --id \"$api\(number)\" --query \(sh(query)) -o tsv)",
                    "[ -n \"$role\" ] || { echo \(sh("no application permission \(role)")) >&2; exit 1; }",
                    "az ad app permission add --id \"$app\" --api \"$api\(number)\" --api-permissions \"$role=Role\"",
                ]
            }
        }
        lines += spec.owners.map { owner in
            GUID(owner) != nil
                ? "az ad app owner add --id \"$app\" --owner-object-id \(owner)"
                : "az ad app owner add --id \"$app\" --owner-object-id \"$(az ad user show --id \(sh(owner)) --query id -o tsv)\""
        }
        lines += ["", "echo \"client id: $app\"", ""]
        return lines.joined(separator: "\n")
    }

    private func azAPI(_ reference: APIReference) -> String {
        switch reference {
        case .appID(let id): id.description
        case .uri(let uri):
            "$(az ad sp list --filter \(sh("servicePrincipalNames/any(n:n eq '\(odata(uri))')")) --query '[0].appId' -o tsv)"
        case .name(let name): "$(az ad sp list --display-name \(sh(name)) --query '[0].appId' -o tsv)"
        }
    }

    private func odata(_ text: String) -> String { text.replacing("'", with: "''") }

    private func sh(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    // MARK: PowerShell

    private static let mgEnvironments: [Cloud: String] = [
        .public: "Global", .usGov: "USGov", .usGovDoD: "USGovDoD", .china: "China",
    ]

    var powershell: String {
        var lines = [
            header("#"), "$ErrorActionPreference = 'Stop'",
            "Connect-MgGraph -TenantId \(ps(spec.homeTenant.description)) -Environment "
                + "\(Self.mgEnvironments[spec.cloud] ?? "Global") -Scopes Application.ReadWrite.All", "",
            "function Find-Role($api, $name) {",
            "    $role = $api.AppRoles | Where-Object { $_.Value -ceq $name -or $_.Id -eq $name }",
            "    if (-not $role) { throw \"$($api.DisplayName) has no application permission $name\" }",
            "    @{ Id = $role.Id; Type = 'Role' }", "}", "", "$access = @(",
        ]
        for api in apis {
            lines += [
                "    $(", "        $api = Get-MgServicePrincipal -Filter \(ps(filter(api.reference)))",
                "        @{ ResourceAppId = $api.AppId; ResourceAccess = @("
                    + api.roles.map { "Find-Role $api \(ps($0))" }.joined(separator: "; ") + ") }", "    )",
            ]
        }
        lines += [
            ")",
            "$app = New-MgApplication -DisplayName \(ps(spec.displayName)) -SignInAudience \(spec.audience.rawValue) `",
            "    -Web @{ RedirectUris = @(\(spec.redirectURIs.map(ps).joined(separator: ", "))) } `",
            "    -RequiredResourceAccess $access", "New-MgServicePrincipal -AppId $app.AppId | Out-Null",
        ]
        lines += spec.owners.map { owner in
            let id = GUID(owner) != nil ? owner : "$((Get-MgUser -UserId \(ps(owner))).Id)"
            return "New-MgApplicationOwnerByRef -ApplicationId $app.Id -BodyParameter @{ '@odata.id' = "
                + "\"https://graph.microsoft.com/v1.0/directoryObjects/\(id)\" }"
        }
        lines += ["Write-Output \"client id: $($app.AppId)\"", ""]
        return lines.joined(separator: "\n")
    }

    private func filter(_ reference: APIReference) -> String {
        switch reference {
        case .appID(let id): "appId eq '\(id)'"
        case .uri(let uri): "servicePrincipalNames/any(n:n eq '\(odata(uri))')"
        case .name(let name): "displayName eq '\(odata(name))'"
        }
    }

    /// PowerShell ends a quotation at any of five marks, and reads one of them twice as itself.
    private func ps(_ text: String) -> String {
        let marks: Set<Character> = ["'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"]
        return "'" + text.flatMap { marks.contains($0) ? [$0, $0] : [$0] } + "'"
    }

    // MARK: Terraform

    private static let terraformEnvironments: [Cloud: String] = [
        .public: "public", .usGov: "usgovernmentl4", .usGovDoD: "usgovernmentl5", .china: "china",
    ]

    var terraform: String {
        var lines = [
            header("#"), "terraform {", "  required_providers {", "    azuread = { source = \"hashicorp/azuread\" }",
            "  }", "}", "", "provider \"azuread\" {", "  tenant_id   = \(hcl(spec.homeTenant.description))",
            "  environment = \"\(Self.terraformEnvironments[spec.cloud] ?? "public")\"", "}", "",
        ]
        for (number, api) in apis.enumerated() {
            lines += [
                "data \"azuread_service_principal\" \"api\(number)\" {", "  \(terraformAPI(api.reference))", "}", "",
            ]
        }
        for (number, owner) in spec.owners.enumerated() where GUID(owner) == nil {
            lines += ["data \"azuread_user\" \"owner\(number)\" {", "  user_principal_name = \(hcl(owner))", "}", ""]
        }
        lines += [
            "resource \"azuread_application\" \"app\" {", "  display_name     = \(hcl(spec.displayName))",
            "  sign_in_audience = \"\(spec.audience.rawValue)\"",
        ]
        if !spec.owners.isEmpty {
            let ids = spec.owners.enumerated().map { number, owner in
                GUID(owner) != nil ? hcl(owner) : "data.azuread_user.owner\(number).object_id"
            }
            lines.append("  owners           = [\(ids.joined(separator: ", "))]")
        }
        if !spec.redirectURIs.isEmpty {
            lines += [
                "", "  web {", "    redirect_uris = [\(spec.redirectURIs.map(hcl).joined(separator: ", "))]", "  }",
            ]
        }
        for (number, api) in apis.enumerated() {
            let data = "data.azuread_service_principal.api\(number)"
            lines += ["", "  required_resource_access {", "    resource_app_id = \(data).client_id"]
            for role in api.roles {
                let id = GUID(role) == nil ? "\(data).app_role_ids[\(hcl(role))]" : hcl(role)
                lines += ["    resource_access {", "      id   = \(id)", "      type = \"Role\"", "    }"]
            }
            lines.append("  }")
        }
        lines += [
            "}", "", "resource \"azuread_service_principal\" \"app\" {",
            "  client_id = azuread_application.app.client_id",
            "}", "", "output \"client_id\" {", "  value = azuread_application.app.client_id", "}", "",
        ]
        return lines.joined(separator: "\n")
    }

    private func terraformAPI(_ reference: APIReference) -> String {
        switch reference {
        case .appID(let id): "client_id = \"\(id)\""
        case .name(let name): "display_name = \(hcl(name))"
        // The provider finds APIs by id and by name only.
        case .uri(let uri): "display_name = \"\" # give the display name of \(uri.filter { !$0.isNewline })"
        }
    }

    private func hcl(_ text: String) -> String {
        "\""
            + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("${", with: "$${")
            .replacing("%{", with: "%%{") + "\""
    }
}
