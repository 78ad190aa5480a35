/** What a hosted program says, in one language. */

/** Each one line, as panels show it. */
export interface ProgramWords {
  /** For days, months and numbers, and which day begins a week. */
  locale: string
  scan: {
    title: string
    description: string
    whoGetsIt: string
    noAddress: string
    address: string
    /** What is scanned, on the panel. */
    forWhom(address: string): string
    subject(device: string): string
    text(device: string): string
    tooLarge(megabytes: number): string
  }
  today: {
    title: string
    description: string
    isBeingPrinted: string
    comesOut: string
    low: string
    waiting: string
    nothing: string
    madeAt(time: string, zone: string): string
    /** Of a cartridge, as `toner` and `black`. */
    level(kind: string, color: string, percent: number): string
    alerts: Readonly<Record<string, string>>
  }
}
