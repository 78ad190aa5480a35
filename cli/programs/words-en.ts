/** The words of the hosted programs in English. */
import { alertWords } from '@fairlead/protocol/alert-words'
import type { ProgramWords } from './words.ts'

export const wordsEn: ProgramWords = {
  locale: 'en-GB',
  scan: {
    title: 'Scan to e-mail',
    description: 'Scans what lies on the glass or in the feeder, and sends it to an address.',
    whoGetsIt: 'Who is to get the scan?',
    noAddress: 'That is no e-mail address. Who is to get the scan?',
    address: 'E-mail address',
    forWhom: (address) => `Scan for ${address}`,
    subject: (device) => `Scan from ${device}`,
    text: (device) => `The scan from ${device} is attached.`,
    tooLarge: (megabytes) => `The scan is larger than ${megabytes} MB: scan fewer pages, or coarser.`,
  },
  today: {
    title: 'Print today’s page',
    description: 'One page: the date, this month, and what is low or waiting here.',
    isBeingPrinted: 'Today’s page is being printed',
    comesOut: 'It comes out here in a moment.',
    low: 'Low or in the way',
    waiting: 'Waiting to be printed',
    nothing: 'Nothing',
    madeAt: (time, zone) => `Made at ${time}, ${zone}`,
    level: (kind, color, percent) => `${kind} ${color}: ${percent} %`,
    alerts: alertWords.en,
  },
}
