/// One customer of a CSV file, as written there.
package struct ImportRow: Sendable, Equatable {
    /// The line it starts on, counted from 1.
    package let line: Int
    package let tenant: String
    package let name: String
    package let tags: String
    /// Why the row cannot be read, when it cannot.
    package let fault: String?

    package init(line: Int, tenant: String, name: String = "", tags: String = "", fault: String? = nil) {
        self.line = line
        self.tenant = tenant
        self.name = name
        self.tags = tags
        self.fault = fault
    }
}

/// What became of one row.
package struct ImportVerdict: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case added(Tenant)
        /// Would be added; a dry run stops here.
        case accepted(Tenant)
        /// It is onboarded already, and stays as it is.
        case known(Tenant)
        /// It was onboarded already, and took the row's name and tags over.
        case updated(Tenant)
        /// Would be updated; a dry run stops here.
        case outdated(Tenant)
        /// The same tenant stands on that earlier line.
        case repeats(line: Int)
        /// The row itself cannot be read.
        case invalid(String)
        case refused(OnboardingError)
    }

    package let row: ImportRow
    package let outcome: Outcome

    package init(_ row: ImportRow, _ outcome: Outcome) {
        self.row = row
        self.outcome = outcome
    }

    func with(_ outcome: Outcome) -> ImportVerdict { ImportVerdict(row, outcome) }

    /// Whether a person should look at this row.
    package var isRejected: Bool {
        switch outcome {
        case .added, .accepted, .known, .updated, .outdated: false
        case .repeats, .invalid, .refused: true
        }
    }
}

/// Reads a list of customers: a header line with `tenant` and optionally `name` and `tags`, then one row each.
///
/// Commas, semicolons and tabs separate; the header decides. A byte-order mark is skipped.
package enum CustomerList {
    /// Why the file as a whole cannot be read.
    package struct Unreadable: ExplainedError, Equatable {
        package let why: String
        package var problem: Problem {
            Problem(
                .invalid, code: "csv_unreadable", detail: "The customer list cannot be read: \(why).",
                nextStep: "Begin the file with a header line such as `tenant,name,tags` and save it as UTF-8.")
        }
    }

    package static func rows(of bytes: [UInt8]) throws(Unreadable) -> [ImportRow] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Unreadable(why: "it is not UTF-8") }
        var records = CSVReader.records(of: text)
        guard !records.isEmpty else { throw Unreadable(why: "it is empty") }
        let header = records.removeFirst()
        let columns = header.fields.map { $0.lowercased() }
        guard let tenant = columns.firstIndex(of: "tenant") else {
            throw Unreadable(why: "its header has no column 'tenant'")
        }
        let known: Set = ["tenant", "name", "tags"]
        if let stranger = columns.first(where: { !known.contains($0) }) {
            throw Unreadable(why: "its header has a column '\(stranger.prefix(40))' that has no meaning here")
        }
        guard Set(columns).count == columns.count else { throw Unreadable(why: "its header repeats a column") }
        return records.map { record in
            func field(_ index: Int?) -> String {
                guard let index, index < record.fields.count else { return "" }
                return record.fields[index]
            }
            var fault = record.fault
            if fault == nil, record.fields.count != columns.count {
                fault = "it has \(record.fields.count) fields where the header has \(columns.count)"
            }
            return ImportRow(
                line: record.line, tenant: field(tenant), name: field(columns.firstIndex(of: "name")),
                tags: field(columns.firstIndex(of: "tags")), fault: fault)
        }
    }
}
