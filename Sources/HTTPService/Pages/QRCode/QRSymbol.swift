/// The modules of one code under one mask.
struct QRSymbol {
    let mask: Int
    private(set) var modules: [[Bool]]
    /// Modules that hold no data: fixed patterns, format, version.
    private var isFixed: [[Bool]]
    private let size: Int

    init(_ version: QRVersion, codewords: [UInt8], mask: Int) {
        self.mask = mask
        size = version.size
        modules = Array(repeating: Array(repeating: false, count: size), count: size)
        isFixed = modules
        drawPatterns(version)
        drawFormat()
        drawVersion(version.number)
        draw(codewords)
    }

    // MARK: Fixed patterns (ISO/IEC 18004 section 6.3)

    private mutating func fix(_ x: Int, _ y: Int, _ isDark: Bool) {
        modules[y][x] = isDark
        isFixed[y][x] = true
    }

    private mutating func drawPatterns(_ version: QRVersion) {
        for index in 0..<size {
            fix(6, index, index % 2 == 0)
            fix(index, 6, index % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let last = version.alignment.count - 1
        for (row, y) in version.alignment.enumerated() {
            for (column, x) in version.alignment.enumerated() {
                // The corners belong to the finders.
                if [[0, 0], [0, last], [last, 0]].contains([row, column]) { continue }
                for dy in -2...2 {
                    for dx in -2...2 { fix(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) }
                }
            }
        }
    }

    /// A finder with its white border.
    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dy in -4...4 {
            for dx in -4...4 where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                fix(x + dx, y + dy, ![2, 4].contains(max(abs(dx), abs(dy))))
            }
        }
    }

    // MARK: Format and version (sections 7.9 and 7.10)

    /// The bits of a number with the remainder of a division behind them, by which readers correct them.
    private static func protected(_ value: Int, by generator: Int, degree: Int) -> Int {
        var remainder = value
        for _ in 0..<degree { remainder = remainder << 1 ^ (remainder >> (degree - 1)) * generator }
        return value << degree | remainder
    }

    private mutating func drawFormat() {
        // Level M is 00 in front of the mask.
        let bits = Self.protected(mask, by: 0x537, degree: 10) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0..<6 { fix(8, index, bit(index)) }
        fix(8, 7, bit(6))
        fix(8, 8, bit(7))
        fix(7, 8, bit(8))
        for index in 9..<15 { fix(14 - index, 8, bit(index)) }
        for index in 0..<8 { fix(size - 1 - index, 8, bit(index)) }
        for index in 8..<15 { fix(8, size - 15 + index, bit(index)) }
        fix(8, size - 8, true)
    }

    private mutating func drawVersion(_ number: Int) {
        guard number >= 7 else { return }
        let bits = Self.protected(number, by: 0x1f25, degree: 12)
        for index in 0..<18 {
            let (far, near) = (size - 11 + index % 3, index / 3)
            fix(far, near, bits >> index & 1 == 1)
            fix(near, far, bits >> index & 1 == 1)
        }
    }

    // MARK: Data (sections 7.7.3 and 7.8)

    /// Up and down in pairs of columns from the right, around what is fixed, and mixed with the mask.
    private mutating func draw(_ codewords: [UInt8]) {
        var index = 0
        var isUpward = true
        for right in stride(from: size - 1, through: 1, by: -2).map({ $0 <= 6 ? $0 - 1 : $0 }) {
            for step in 0..<size {
                let y = isUpward ? size - 1 - step : step
                for x in [right, right - 1] where !isFixed[y][x] {
                    let isDark = index < codewords.count * 8 && codewords[index / 8] >> (7 - index % 8) & 1 == 1
                    modules[y][x] = isDark != inverts(x, y)
                    index += 1
                }
            }
            isUpward.toggle()
        }
    }

    private func inverts(_ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }
}
