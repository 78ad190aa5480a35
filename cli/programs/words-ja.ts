/** The words of the hosted programs in Japanese. */
import { alertWords } from '@fairlead/protocol/alert-words'
import type { ProgramWords } from './words.ts'

const kinds: Readonly<Record<string, string>> = { toner: 'トナー', ink: 'インク' }
const colors: Readonly<Record<string, string>> = {
  ...{ black: 'ブラック', cyan: 'シアン', magenta: 'マゼンタ', yellow: 'イエロー' },
}

export const wordsJa: ProgramWords = {
  locale: 'ja-JP',
  scan: {
    title: 'スキャンしてメール送信',
    description: '原稿をスキャンして、指定したアドレスにメールで送信します。',
    whoGetsIt: 'スキャンの送信先を入力してください',
    noAddress: 'メールアドレスではありません。スキャンの送信先を入力してください',
    address: 'メールアドレス',
    forWhom: (address) => `${address} 宛てのスキャン`,
    subject: (device) => `${device} からのスキャン`,
    text: (device) => `${device} でスキャンした文書を添付します。`,
    tooLarge: (megabytes) => `スキャンが ${megabytes} MB を超えています。ページ数を減らすか、解像度を下げてください。`,
  },
  today: {
    title: '今日のページを印刷',
    description: '日付と今月のカレンダー、残りの少ない消耗品や待っている文書を1ページに印刷します。',
    isBeingPrinted: '今日のページを印刷しています',
    comesOut: 'まもなくこの機器から出てきます。',
    low: '消耗品と警告',
    waiting: '印刷待ちの文書',
    nothing: 'ありません',
    madeAt: (time, zone) => `${time} 作成（${zone}）`,
    level: (kind, color, percent) => `${kinds[kind] ?? kind}（${colors[color] ?? color}）: 残り ${percent} %`,
    alerts: alertWords.ja,
  },
}
