package import FoundationEssentials

/// A campaign's id: 128 random bits in Base32.
package struct CampaignID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 26, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) { description = Base32.encode(randomness.bytes(16)) }
}

package enum CampaignState: String, Sendable, CaseIterable {
    case running, paused
    /// Everybody has answered, or the deadline has passed.
    case ended
    case cancelled

    package var isOver: Bool { self == .ended || self == .cancelled }
}

/// When a campaign does what.
package struct CampaignSchedule: Sendable, Equatable {
    package let waves: Waves
    /// From one wave to the next.
    package let waveEvery: TimeInterval
    /// After the link was made; a reminder each, rising.
    package let reminders: [TimeInterval]
    /// From the start; links live until then.
    package let deadline: TimeInterval

    /// Links live 30 days at most, and so does what depends on them.
    package static let longest: TimeInterval = ConsentBroker.longestLife

    /// - Throws: ``CampaignError/schedule(_:)`` with what is wrong with it.
    package init(
        waves: Waves, waveEvery: TimeInterval, reminders: [TimeInterval], deadline: TimeInterval
    ) throws(CampaignError) {
        guard deadline >= 60, deadline <= Self.longest else {
            throw .schedule("The deadline must lie from one minute to 30 days ahead.")
        }
        guard waveEvery > 0, waveEvery * TimeInterval(waves.parts.count - 1) < deadline else {
            throw .schedule("The last wave would open after the deadline.")
        }
        guard reminders.count <= 10, reminders.allSatisfy({ $0 > 0 && $0 < deadline }),
            zip(reminders, reminders.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw .schedule("Up to ten reminders, each later than the one before and before the deadline.") }
        self.waves = waves
        self.waveEvery = waveEvery
        self.reminders = reminders
        self.deadline = deadline
    }
}

/// Asking many tenants for a release: who, in which order, until when.
package struct Campaign: Sendable, Equatable {
    package let id: CampaignID
    /// For people; 1 to 100 characters.
    package let name: String
    package let app: AppName
    /// What is asked for.
    package let release: Int
    /// Who was meant when it started; the tenants themselves are frozen then.
    package let selector: Selector
    package let schedule: CampaignSchedule
    package let startedAt: Date
    package let state: CampaignState
    /// Waves that were opened.
    package let openWaves: Int
    /// When the next wave opens; `nil` when all are open.
    package let nextWaveAt: Date?
    package let endedAt: Date?

    package init(
        id: CampaignID, name: String, app: AppName, release: Int, selector: Selector, schedule: CampaignSchedule,
        startedAt: Date, state: CampaignState = .running, openWaves: Int = 0, nextWaveAt: Date?, endedAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.app = app
        self.release = release
        self.selector = selector
        self.schedule = schedule
        self.startedAt = startedAt
        self.state = state
        self.openWaves = openWaves
        self.nextWaveAt = nextWaveAt
        self.endedAt = endedAt
    }

    package var deadline: Date { startedAt + schedule.deadline }
}

/// How a set of tenants is divided: `1,5%,25%,rest`.
package struct Waves: Sendable, Equatable, CustomStringConvertible {
    package enum Part: Sendable, Equatable {
        case count(Int)
        /// Of all tenants of the campaign.
        case percent(Int)
        case rest
    }

    package let parts: [Part]

    /// Everybody at once.
    package static let one = Waves(parts: [.rest])

    private init(parts: [Part]) { self.parts = parts }

    /// `nil` unless it is up to 20 counts or whole percentages, and then `rest`, which may be left out.
    package init?(_ text: String) {
        var parts: [Part] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard parts.last != .rest else { return nil }
            if word == "rest" {
                parts.append(.rest)
            } else if word.hasSuffix("%"), let share = Int(word.dropLast()), (1...100).contains(share) {
                parts.append(.percent(share))
            } else if let count = Int(word), count > 0 {
                parts.append(.count(count))
            } else {
                return nil
            }
        }
        guard parts.count <= 20 else { return nil }
        self.parts = parts.last == .rest ? parts : parts + [.rest]
    }

    package var description: String {
        parts.map { part in
            switch part {
            case .count(let count): "\(count)"
            case .percent(let share): "\(share)%"
            case .rest: "rest"
            }
        }.joined(separator: ",")
    }

    /// How many of so many tenants each wave has; a percentage is rounded up. Later waves may be left with none.
    package func sizes(of total: Int) -> [Int] {
        var left = total
        return parts.map { part in
            let wanted =
                switch part {
                case .count(let count): count
                case .percent(let share): (total * share + 99) / 100
                case .rest: left
                }
            let size = min(wanted, left)
            left -= size
            return size
        }
    }
}
