/** What the console says in Japanese of who may do what on a device. */
import type { enAccess } from './en-access.ts'

export const jaAccess: typeof enAccess = {
  people: 'ユーザー',
  may: {
    look: '閲覧のみ',
    change: '閲覧、問い合わせ、変更',
    release: '閲覧、問い合わせ、変更、手放す操作、削除',
  },
  count: (number) => `${number}人`,
  nobody: 'なし',
  changed: (age) => `${age}に変更`,
  noChange: '変更の記録なし',
  keys: 'キー',
  keysCount: (number) => `有効なキーは${number}個です。`,
  noKeys: 'キーがないため、プログラムからは利用できません。',
  unnamed: '名前なし',
  usedAnywhere: (age) => `${age}に使用（この機器または別の機器）`,
  services: 'サービス',
  noServices: 'この機器を監視しているサービスはありません。',
  forAll: 'すべての機器が対象',
  paused: '一時停止中',
  ordered: (age) => `${age}にこの機器のために注文`,
  nothingOrdered: 'この機器のための注文はまだありません',
  mandate: {
    instruction: (since) => `サービスを利用できます。登録が機器で確認されました（${since}）。`,
    consent: (since) => `サービスを利用できます。所有者が同意しました（${since}）。`,
    none: 'サービスはまだ利用できません。登録が機器で確認されておらず、所有者の同意もありません。',
  },
  known: (since) => `変更の記録は ${since} からあります。見ただけの操作は記録されません。`,
  nothingKnown: '変更の記録はまだありません。',
  namesHidden: '名前は所有者と管理者に表示されます。',
  relayAdmins: '中継サーバーの管理者も、これらすべての操作ができます。',
  manage: 'ユーザーを管理',
  manageKeys: 'キーを管理',
  log: 'この機器に対する操作の記録',
}
