/** What the panel page says of pull services, in English and Japanese (A14). */
import type { ScanProblem } from '../scanning/scanner.ts'
import type { Language } from './words.ts'

export interface PullWords {
  services: string
  kinds: { print: string; keep: string; send: string }
  lacksScanner: string
  giveUp: string
  seen: string
  fetching: string
  scanning: string
  sending: string
  passingOn(by: string, to: string | undefined): string
  triesAgain: string
  nothing: string
  stored(by: string): string
  passedOn(by: string, to: string | undefined): string
  refused(by: string): string
  taken(by: string): string
  notKnown(by: string, to: string | undefined): string
  failed: string
  givenUp: string
  mayHaveIt(by: string): string
  says(words: string): string
  printed(pages: number | undefined): string
  notPrinted: string
  printCancelled: string
  mayBePrinted: string
  notRunning(host: string): string
  letsNobodyIn(status: number): string
  nothingThere(status: number): string
  busy(status: number): string
  status(status: number): string
  astray: string
  tooLarge(size: string): string
  tooLong: string
  wrongType(type: string): string
  noRoom: string
  shelfFull: string
  scan: Record<ScanProblem, string>
  kept: string
  keptSince(size: string, time: string, by: string): string
  delete: string
  deleteMeans: string
  deleteVerb: string
}

const english: PullWords = {
  services: 'Services',
  kinds: { print: 'Print', keep: 'Keep', send: 'Scan and send' },
  lacksScanner: 'This device has no scanner. Name one in the agent’s configuration file: scanner: DEVICE.',
  giveUp: 'Give up',
  seen: 'OK',
  fetching: 'Is being fetched',
  scanning: 'Is being scanned',
  sending: 'Is being sent',
  passingOn: (by, to) => (to ? `${by} has it, and is passing it on to ${to}.` : `${by} has it, and is passing it on.`),
  triesAgain: 'It is tried again by itself.',
  nothing: 'There is nothing for this device.',
  stored: (by) => `Kept by ${by}.`,
  passedOn: (by, to) => (to ? `Passed on to ${to} by ${by}.` : `Passed on by ${by}, which does not say to whom.`),
  refused: (by) => `Refused by ${by}.`,
  taken: (by) => `Taken by ${by}, which does not say what became of it.`,
  notKnown: (by, to) =>
    to
      ? `${by} has it. Whether it came to ${to} is not known.`
      : `${by} has it. Whether it was passed on is not known.`,
  failed: 'It did not work.',
  givenUp: 'Given up.',
  mayHaveIt: (by) => `${by} may have it already.`,
  says: (words) => `It says: “${words}”`,
  printed: (pages) =>
    pages === undefined ? 'Printed.' : pages === 1 ? 'Printed: 1 page.' : `Printed: ${pages} pages.`,
  notPrinted: 'Not printed.',
  printCancelled: 'Its printing was cancelled.',
  mayBePrinted: 'Whether it is printed is not known: look in the tray.',
  notRunning: (host) => `Nothing listens at ${host}.`,
  letsNobodyIn: (status) => `The service does not let this device in (HTTP ${status}).`,
  nothingThere: (status) => `The service has nothing at this address (HTTP ${status}).`,
  busy: (status) => `The service is busy (HTTP ${status}).`,
  status: (status) => `The service answered HTTP ${status}.`,
  astray: 'The service sends this device where it does not go.',
  tooLarge: (size) => `It is larger than ${size}, which is the most.`,
  tooLong: 'It was not there within an hour.',
  wrongType: (type) => `The service sent ${type}, which this device does not print.`,
  noRoom: 'There is no room for it on this device’s disk.',
  shelfFull: 'Too much is kept here already. Delete something first.',
  scan: {
    'no-program': 'The program scanimage is missing. Install it where the agent runs: apt install sane-utils.',
    'no-scanner': 'The scanner is not found. Is it switched on and connected?',
    busy: 'The scanner is busy. Touch again when it is free.',
    jammed: 'Paper is jammed in the scanner. Take it out, and touch again.',
    'no-paper': 'There is no paper in the feeder. Put it in, and touch again.',
    'cover-open': 'The cover of the scanner is open. Close it, and touch again.',
    denied: 'The agent may not use the scanner. Add its user to the group scanner.',
    broken: 'The scanner does not work as it should. Switch it off and on, and touch again.',
    'too-large': 'The page became too large. Let it be scanned with fewer dots per inch.',
    'too-many': 'There were too many pages.',
    'too-long': 'The scanner took too long. Switch it off and on, and touch again.',
    'no-room': 'There is no room for the page on this device’s disk.',
    unsupported: 'The scanner cannot scan like that. Change scan: in the agent’s configuration file.',
    cancelled: 'The scan was cancelled.',
    interrupted: 'The agent was stopped while it scanned. Put the page in again, and touch again.',
    nobody: 'Nobody said for ten minutes how it goes on, so nothing was sent.',
    'too-late': 'Its turn did not come within ten minutes. Put the page in again, and touch again.',
    other: 'The scan did not work.',
  },
  kept: 'Kept here',
  keptSince: (size, time, by) => `${size} · ${time} · ${by}`,
  delete: 'Delete',
  deleteMeans: 'This device does not have it any more then.',
  deleteVerb: 'Yes, delete it',
}

const japanese: PullWords = {
  services: 'サービス',
  kinds: { print: '印刷', keep: '保存', send: 'スキャンして送信' },
  lacksScanner:
    'この機器にはスキャナーがありません。エージェントの設定ファイルで scanner: デバイス名 を指定してください。',
  giveUp: '中止',
  seen: 'OK',
  fetching: '取得しています',
  scanning: 'スキャンしています',
  sending: '送信しています',
  passingOn: (by, to) => `${by} が受け取り、${to ?? '送り先'}へ転送しています。`,
  triesAgain: '自動的に再試行します。',
  nothing: 'この機器宛てのものはありません。',
  stored: (by) => `${by} に保存されました。`,
  passedOn: (by, to) => (to ? `${by} が ${to} へ転送しました。` : `${by} が転送しました。送り先は通知されていません。`),
  refused: (by) => `${by} に拒否されました。`,
  taken: (by) => `${by} が受け取りました。その後の結果は通知されていません。`,
  notKnown: (by, to) => `${by} が受け取りました。${to ?? '送り先'}に届いたかどうかは確認できません。`,
  failed: '完了できませんでした。',
  givenUp: '中止しました。',
  mayHaveIt: (by) => `${by} がすでに受け取っている可能性があります。`,
  says: (words) => `サービスからのメッセージ:「${words}」`,
  printed: (pages) => (pages === undefined ? '印刷しました。' : `${pages}ページ印刷しました。`),
  notPrinted: '印刷できませんでした。',
  printCancelled: '印刷は取り消されました。',
  mayBePrinted: '印刷されたかどうか確認できません。排紙トレイを確認してください。',
  notRunning: (host) => `${host} は応答していません。`,
  letsNobodyIn: (status) => `サービスがこの機器を受け付けません（HTTP ${status}）。`,
  nothingThere: (status) => `このアドレスには何もありません（HTTP ${status}）。`,
  busy: (status) => `サービスが混み合っています（HTTP ${status}）。`,
  status: (status) => `サービスの応答は HTTP ${status} でした。`,
  astray: 'サービスが、この機器では利用できない場所を案内しました。',
  tooLarge: (size) => `上限の ${size} を超えています。`,
  tooLong: '1時間以内に取得できませんでした。',
  wrongType: (type) => `サービスが送った形式（${type}）は、この機器では印刷できません。`,
  noRoom: 'この機器のディスクに空きがありません。',
  shelfFull: '保存できる量を超えています。先に不要なものを削除してください。',
  scan: {
    'no-program':
      'scanimage がインストールされていません。エージェントの動作環境で apt install sane-utils を実行してください。',
    'no-scanner': 'スキャナーが見つかりません。電源と接続を確認してください。',
    busy: 'スキャナーは使用中です。空いてからもう一度押してください。',
    jammed: 'スキャナーに紙が詰まっています。取り除いて、もう一度押してください。',
    'no-paper': '給紙装置に紙がありません。紙を入れて、もう一度押してください。',
    'cover-open': 'スキャナーのカバーが開いています。閉じて、もう一度押してください。',
    denied: 'スキャナーの使用が許可されていません。エージェントのユーザーを scanner グループに追加してください。',
    broken: 'スキャナーが正しく動作していません。電源を入れ直して、もう一度押してください。',
    'too-large': 'データが大きすぎます。解像度を下げてください。',
    'too-many': 'ページ数が多すぎます。',
    'too-long': 'スキャナーが時間内に終了しませんでした。電源を入れ直して、もう一度押してください。',
    'no-room': 'この機器のディスクに空きがありません。',
    unsupported: 'この設定ではスキャンできません。エージェントの設定ファイルの scan: を変更してください。',
    cancelled: 'スキャンは取り消されました。',
    interrupted: 'スキャン中にエージェントが停止しました。原稿をもう一度置いて、押してください。',
    nobody: '10分間操作がなかったため、何も送信していません。',
    'too-late': '10分以内に順番が来ませんでした。原稿をもう一度置いて、押してください。',
    other: 'スキャンできませんでした。',
  },
  kept: '保存した文書',
  keptSince: (size, time, by) => `${size} · ${time} · ${by}`,
  delete: '削除',
  deleteMeans: 'この機器から削除されます。',
  deleteVerb: '削除する',
}

export const pullWords: Record<Language, PullWords> = { en: english, ja: japanese }
