/// RFC 4180 records with line numbers and a fault per record, so that one bad row condemns no other.
///
/// The package at hand (SwiftCSV) gives up on the whole file at the first stray quote and counts no lines.
struct CSVReader {
    struct Record: Equatable {
        /// The line the record starts on, counted from 1.
        let line: Int
        var fields: [String]
        var fault: String?
    }

    private var rest: Substring.UnicodeScalarView
    private let delimiter: Unicode.Scalar
    private var line = 1

    /// Every record that is not blank. Fields are trimmed of spaces outside quotes.
    static func records(of text: String) -> [Record] {
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        let header = scalars.drop { $0 == "\n" || $0 == "\r" || $0 == " " }.prefix { $0 != "\n" && $0 != "\r" }
        let delimiter = [",", ";", "\t"].max { left, right in
            header.count { $0 == left } < header.count { $0 == right }
        }
        var reader = CSVReader(rest: scalars, delimiter: delimiter ?? ",")
        var records: [Record] = []
        while let record = reader.nextRecord() {
            if record.fields != [""] || record.fault != nil { records.append(record) }
        }
        return records
    }

    private init(rest: Substring.UnicodeScalarView, delimiter: Unicode.Scalar) {
        self.rest = rest
        self.delimiter = delimiter
    }

    private mutating func nextRecord() -> Record? {
        guard !rest.isEmpty else { return nil }
        var record = Record(line: line, fields: [])
        repeat { record.fields.append(field(&record.fault)) } while skip(delimiter)
        _ = skip("\r")
        if !skip("\n") { line += 1 }  // a bare CR, or the end of the file
        return record
    }

    private mutating func field(_ fault: inout String?) -> String {
        while let next = rest.first, next == " ", next != delimiter { rest.removeFirst() }
        guard skip("\"") else { return unquoted(&fault) }
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\n" { line += 1 }
            if scalar != "\"" {
                value.append(scalar)
            } else if !skip("\"") {
                let trailing = unquoted(&fault)
                if !trailing.isEmpty { fault = fault ?? "text follows a closing quote" }
                return String(value)
            } else {
                value.append("\"")
            }
        }
        fault = "a quote is opened and never closed"
        return String(value)
    }

    private mutating func unquoted(_ fault: inout String?) -> String {
        let end = rest.firstIndex { $0 == delimiter || $0 == "\n" || $0 == "\r" } ?? rest.endIndex
        let value = rest[..<end]
        rest = rest[end...]
        if value.contains("\"") { fault = fault ?? "a quote stands inside an unquoted field" }
        return String(Substring(value).trimmingSuffix(while: { $0 == " " }))
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        if scalar == "\n" { line += 1 }
        return true
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var result = self
        while let last = result.last, predicate(last) { result.removeLast() }
        return result
    }
}
