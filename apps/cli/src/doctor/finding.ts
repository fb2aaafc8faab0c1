/** What a check found, in one line; what isn't `ok` says what to do. */
export interface Finding {
  level: 'ok' | 'warn' | 'fail'
  /** What was looked at. */
  check: string
  text: string
  /** What to do about it. */
  fix?: string
}

export const ok = (check: string, text: string): Finding => ({ level: 'ok', check, text })
export const warn = (check: string, text: string, fix: string): Finding => ({ level: 'warn', check, text, fix })
export const fail = (check: string, text: string, fix: string): Finding => ({ level: 'fail', check, text, fix })
