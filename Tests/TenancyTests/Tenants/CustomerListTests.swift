import Tenancy
import Testing

@Suite("Customer list")
struct CustomerListTests {
    private func rows(_ text: String) throws -> [ImportRow] {
        try CustomerList.rows(of: Array(text.utf8))
    }

    private func why(_ text: String) -> String? {
        let error = #expect(throws: CustomerList.Unreadable.self) { try rows(text) }
        return error?.why
    }

    @Test(
        "is read with commas, semicolons or tabs, and with either line end",
        arguments: [",", ";", "\t"], ["\n", "\r\n", "\r"])
    func separators(_ separator: String, _ end: String) throws {
        let text = [["tenant", "name", "tags"], ["a.example", "Contoso", "ring=1"], ["b.example", "", ""]]
            .map { $0.joined(separator: separator) }.joined(separator: end)
        let expected = [
            ImportRow(line: 2, tenant: "a.example", name: "Contoso", tags: "ring=1"),
            ImportRow(line: 3, tenant: "b.example"),
        ]
        #expect(try rows(text) == expected)
        #expect(try rows(text + end) == expected)
    }

    @Test("begins with a byte-order mark or not")
    func byteOrderMark() throws {
        let rows = try CustomerList.rows(of: [0xef, 0xbb, 0xbf] + Array("tenant\na.example".utf8))
        #expect(rows == [ImportRow(line: 2, tenant: "a.example")])
    }

    @Test("has its columns in any order and any case")
    func columns() throws {
        #expect(
            try rows("Name,TENANT\nContoso,a.example") == [ImportRow(line: 2, tenant: "a.example", name: "Contoso")])
    }

    @Test("lets the header alone decide what separates")
    func headerDecides() throws {
        #expect(
            try rows("tenant;name\na.example;Contoso, Ltd")
                == [ImportRow(line: 2, tenant: "a.example", name: "Contoso, Ltd")])
    }

    @Test("counts lines through blank ones and through line breaks in quotes")
    func lineNumbers() throws {
        let text = "tenant,name\r\n\r\na.example,\"Two\r\nlines\"\r\n   \r\nb.example,x\r\n"
        #expect(
            try rows(text) == [
                ImportRow(line: 3, tenant: "a.example", name: "Two\r\nlines"),
                ImportRow(line: 6, tenant: "b.example", name: "x"),
            ])
    }

    @Test("skips blank lines above the header, whatever separates", arguments: [",", ";", "\t"])
    func blankLinesAbove(_ separator: String) throws {
        #expect(
            try rows("\n\ntenant\(separator)name\na.example\(separator)Contoso")
                == [ImportRow(line: 4, tenant: "a.example", name: "Contoso")])
    }

    @Test("keeps separators, doubled quotes and spaces that stand in quotes")
    func quotes() throws {
        #expect(
            try rows("tenant,name\na.example,\" Con\"\"toso\"\", Ltd \"")
                == [ImportRow(line: 2, tenant: "a.example", name: " Con\"toso\", Ltd ")])
    }

    @Test("drops spaces around fields")
    func spaces() throws {
        #expect(
            try rows(" tenant , name \n a.example , \"Contoso\" ")
                == [ImportRow(line: 2, tenant: "a.example", name: "Contoso")])
    }

    @Test(
        "marks a row with a stray quote and reads the next one",
        arguments: ["a.example,Con\"toso", "a.example,\"Con\"toso", "a.example,\"Con\" \"toso\""])
    func strayQuotes(_ row: String) throws {
        let rows = try rows("tenant,name\n\(row)\nb.example,Fine")
        #expect(rows.map(\.line) == [2, 3])
        #expect(rows[0].fault?.contains("quote") == true)
        #expect(rows[1] == ImportRow(line: 3, tenant: "b.example", name: "Fine"))
    }

    @Test("tells where a quote was opened that is never closed")
    func openQuote() throws {
        let rows = try rows("tenant,name\na.example,Fine\nb.example,\"Open\nc.example,x")
        #expect(rows.map(\.line) == [2, 3])
        #expect(rows[0].fault == nil)
        #expect(rows[1].fault?.contains("never closed") == true)
    }

    @Test(
        "marks a row with too few or too many fields and reads the next one", arguments: ["a.example", "a.example,b,c"])
    func fieldCount(_ row: String) throws {
        let rows = try rows("tenant,name\n\(row)\nb.example,Fine")
        #expect(rows.map { $0.fault == nil } == [false, true])
        #expect(rows[0].tenant == "a.example")
        #expect(rows[0].fault?.contains("the header has 2") == true)
    }

    @Test("may hold a header and no customers")
    func headerOnly() throws {
        #expect(try rows("tenant,name,tags\n") == [])
    }

    @Test("is refused when it is empty", arguments: ["", "\u{FEFF}", "\n\r\n  \n"])
    func empty(_ text: String) {
        #expect(why(text) == "it is empty")
    }

    @Test("is refused when it is not UTF-8, as spreadsheets save it")
    func notUTF8() {
        let latin1 = Array("tenant,name\na.example,M".utf8) + [0xfc] + Array("ller".utf8)
        let utf16: [UInt8] = [0xff, 0xfe] + "tenant".utf8.flatMap { [$0, 0] as [UInt8] }
        for bytes in [latin1, utf16] {
            let error = #expect(throws: CustomerList.Unreadable.self) { try CustomerList.rows(of: bytes) }
            #expect(error?.why == "it is not UTF-8")
        }
    }

    @Test("is refused without a header", arguments: ["a.example,Contoso", "name,tags\nContoso,x"])
    func noHeader(_ text: String) {
        #expect(why(text)?.contains("no column 'tenant'") == true)
    }

    @Test("is refused with a column that means nothing here or stands there twice")
    func strangeColumns() {
        #expect(why("tenant,colour\na.example,red")?.contains("'colour'") == true)
        #expect(why("tenant,Tenant\na.example,b.example")?.contains("repeats") == true)
    }
}
