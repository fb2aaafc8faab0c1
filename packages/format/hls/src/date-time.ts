const DAY_MS = 86_400_000
const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/

/** `00` to `99`: a playlist of a day has tens of thousands of dates. */
const TWO_DIGITS = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'))

/** ISO 8601 in UTC with milliseconds, years 0 to 9999. `wallMs` is milliseconds since the epoch. */
export function formatDateTime(wallMs: number): string {
  const days = Math.floor(wallMs / DAY_MS)
  const ms = Math.floor(wallMs - days * DAY_MS)
  const { year, month, day } = civilFromDays(days)
  const seconds = Math.floor(ms / 1000)
  const date = `${two(year / 100)}${two(year % 100)}-${two(month)}-${two(day)}`
  const time = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${date}T${time}.${Math.floor((ms % 1000) / 100)}${two(ms % 100)}Z`
}

/** Milliseconds since the epoch of an ISO 8601 date and time (UTC where it has no zone), undefined if it is none. */
export function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return undefined
  const ms = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000 + 1e-6)
  const time = hour * 3_600_000 + minute * 60_000 + second * 1000 + ms
  return daysFromCivil(year, month, day) * DAY_MS + time - zoneMs(match[8] ?? 'Z')
}

function zoneMs(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

function two(value: number): string {
  return TWO_DIGITS[Math.floor(value)] ?? ''
}

// Years are counted from March, so that the leap day is the last one and months follow a 153-days-in-5 pattern.
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const dayOfYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  }
}
