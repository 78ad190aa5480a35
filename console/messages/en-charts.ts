/** What the console says in English beside charts. */
import { count } from './count.ts'

export const enCharts = {
  title: 'Over time',
  ranges: { '7': '7 days', '30': '30 days', '400': '400 days' },
  range: 'How far back',
  loading: 'Reading what was told …',
  levels: 'Levels of supplies',
  pages: 'Pages per day',
  printed: 'Pages per day, as the device told of its jobs',
  none: 'Nothing was told in this time. Levels are kept when the device tells them, and asked for while a service wants them.',
  gaps: 'A gap in a line: nothing was read for more than a day. A dotted line at the foot: the device did not know how much.',
  gapsOfDays: 'A day without a bar: nothing was read, or nothing was printed. The table tells which.',
  keys: 'Arrow keys move along the chart.',
  empty: (when: string, days: number) => `empty about ${when}, from the last ${count(days, 'day', 'days')}`,
  noPrediction: 'too few readings to say when it is empty',
  now: (value: string) => `${value} now`,
  last: (value: string, when: string) => `${value} (${when})`,
  unread: 'not read',
  asTable: 'As a table',
  columns: { object: 'Supply', value: 'Level', from: 'From', until: 'Until', day: 'Day', pages: 'Pages' },
  pagesOf: (number: number) => count(number, 'page', 'pages'),
  together: (number: number) => `${count(number, 'page', 'pages')} in these days, nobody knows on which`,
  startedAnew: 'the counter began again',
}
