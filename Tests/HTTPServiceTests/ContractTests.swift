import Foundation
import HTTPService
import SQLiteStore
import Tenancy
import Testing

@Suite("Contract")
struct ContractTests {
    let contract: Contract

    init() throws { contract = try Contract.current.get() }

    @Test("Every route is in the contract, and every operation of the contract is routed")
    func bothWays() async throws {
        try await withHouse { house in
            let door = OperatorDoor(steps: house.steps, output: house.output, publicURL: House.publicURL)
            #expect(door.routes == contract.operations.map(\.name))
        }
    }

    @Test("The contract is served as it stands, to everyone")
    func served() async throws {
        let file = try Data(contentsOf: Resources.file("API/openapi.yaml"))
        try await withHouse { house in
            let reply = try await house.api.get("/openapi.yaml")
            #expect(reply.status == 200)
            #expect(reply.header("Content-Type") == "application/yaml")
            #expect(Data(reply.bytes) == file)
        }
    }

    @Test("Every operation below /v1 takes a role and says how it turns callers away")
    func roles() {
        for operation in contract.operations where operation.path.hasPrefix("/v1") {
            let responses = operation.content["responses"].members
            #expect(operation.role != nil, "\(operation.name)")
            for status in ["401", "403", "500"] { #expect(responses[status] != nil, "\(operation.name) \(status)") }
            let hasBody = operation.content["requestBody"] != .null
            #expect((responses["413"] != nil) == hasBody, "\(operation.name)")
        }
    }

    @Test("Every parameter in braces is declared")
    func parameters() {
        for operation in contract.operations {
            let declared =
                contract.document["paths"][operation.path]["parameters"].elements
                + operation.content["parameters"].elements
            let names = declared.map { contract.resolved($0) }.filter { $0["in"].string == "path" }
                .compactMap { $0["name"].string }
            let wanted = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }
                .map { String($0.dropFirst().dropLast()) }
            #expect(names == wanted, "\(operation.name)")
        }
    }

    @Test("Every example fits its schema")
    func examples() {
        var count = 0
        func walk(_ node: JSONValue, _ path: String) {
            let schema = node["schema"] != .null ? node["schema"] : node
            if node["example"] != .null, schema["type"] != .null || schema["$ref"] != .null {
                count += 1
                let violations = contract.violations(of: node["example"], schema)
                #expect(violations.isEmpty, "\(path)")
            }
            for (name, child) in node.members where name != "example" && name != "properties" {
                walk(child, "\(path)/\(name)")
            }
            for (name, child) in node["properties"].members { walk(child, "\(path)/properties/\(name)") }
            for child in node.elements { walk(child, path) }
        }
        walk(contract.document, "")
        #expect(count > 30)
    }

    @Test("Every embedded file is the one in Resources, and every page and contract there is embedded")
    func embedded() throws {
        let embedded = WebAssets.all()
        for (path, bytes) in embedded {
            let file = try Data(contentsOf: Resources.file(path))
            #expect(file == Data(bytes), "\(path)")
        }
        let files = try Resources.files(in: "Pages") + Resources.files(in: "API")
        #expect(Set(files) == Set(embedded.keys))
    }
}
