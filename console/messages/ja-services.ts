/** What the console says in Japanese of services and orders. */
import type { enServices } from './en-services.ts'

const colors: Readonly<Record<string, string>> = {
  ...{ black: 'ブラック', cyan: 'シアン', magenta: 'マゼンタ', yellow: 'イエロー' },
  ...{ red: 'レッド', green: 'グリーン', blue: 'ブルー', white: 'ホワイト', grey: 'グレー' },
}

export const jaServices: typeof enServices = {
  title: 'サービス',
  orders: '注文',
  means: '条件がそろうと、カートリッジごとに1回サービスを呼び出し、新しいものを手配します。',
  add: 'サービスを追加',
  empty: 'まだサービスがありません。',
  emptyMeans: '追加すると、機器の消耗品が少なくなったときに署名付きのWebhookで呼び出します。',
  loading: 'サービスを読み込んでいます…',
  more: 'さらに表示',

  states: { on: '有効', paused: '一時停止中' },
  pausedMeans: '一時停止中は何も注文しません。',
  allDevices: 'すべての機器',
  allOf: (account) => `${account} のすべての機器`,
  for: (device) => `${device}`,
  supply: (kind, color) => `${kind === 'ink' ? 'インク' : 'トナー'}（${colors[color] ?? color}）`,
  operators: {
    '<=': (object, value) => `${object}が${value}以下`,
    '<': (object, value) => `${object}が${value}未満`,
    '>=': (object, value) => `${object}が${value}以上`,
    '>': (object, value) => `${object}が${value}超`,
    '==': (object, value) => `${object}が「${value}」`,
    '!=': (object, value) => `${object}が「${value}」以外`,
  },
  forSeconds: (condition, seconds) => `${condition}の状態が${duration(seconds)}継続`,
  comma: '：',
  when: (conditions) => `${conditions.join('、かつ')}のとき（一致する2回の読み取りで確認）`,
  newCartridge: (value) => `${value}が2回読み取られると、新しいカートリッジとみなします。`,
  orMore: (value) => `${value}以上`,
  orLess: (value) => `${value}以下`,

  webhook: '呼び出し先',
  notCalled: 'まだ呼び出していません。',
  taken: (age) => `最後の呼び出しは${age}に受け付けられました。`,
  failing: (when) => `${when}から失敗しています:`,
  failingMeans: '届いていないものは3日間再試行します。サービスを確認し、テストを送信してください。',
  try: {
    taken: (status) => `受付（${status}）`,
    refused: (status) => `拒否（${status}）`,
    none: '応答なし',
  },
  test: 'テストを送信',
  tested: 'テストの結果:',
  pause: '一時停止',
  resume: '再開',
  rotate: '新しいシークレット',
  itsOrders: 'このサービスの注文',
  remove: '削除',
  removeTitle: (name) => `サービス「${name}」を削除しますか？`,
  removeMeans:
    '以後は呼び出されず、まだ届いていない注文は届きません。元に戻すことはできません。新しく追加したサービスはこれまでの注文を知らないため、同じものを再び注文することがあります。注文の記録は残ります。',
  removeVerb: 'このサービスを削除する',

  secretTitle: '署名用のシークレットです。表示されるのは今回だけです。',
  secretMeans:
    'サービス側に設定してください。呼び出しがこの中継サーバーからのものであることを確認できます（Standard Webhooks）。紛失した場合は新しく作成してください。',
  rotated: '1日間は、以前のシークレットでも署名します。',
  secretKept: '保管しました',

  form: {
    title: '新しいサービス',
    name: '名前',
    nameMeans: '何をするサービスか（例「ミラー商会のトナー」）',
    devices: '対象の機器',
    all: 'すべての機器',
    one: '1台の機器',
    device: '機器のID',
    conditions: '次のすべてを満たすとき',
    object: '項目',
    objectMeans: '機器が通知する項目（例 toner.black）',
    op: '比較',
    ops: { '<=': '以下', '<': '未満', '>=': '以上', '>': '超', '==': '等しい', '!=': '等しくない' },
    value: '値',
    more: '新しいカートリッジの判定と継続時間',
    hysteresis: '値からこれだけ離れると新しいカートリッジ',
    forSeconds: '続いている必要のある秒数',
    another: '条件を追加',
    less: 'この条件を削除',
    firstMeans: '最初の条件が、注文するものを表します。',
    url: 'Webhookのアドレス',
    urlMeans: 'インターネット上の https://… 。呼び出しには署名が付くため、パスワードは不要です。',
    summary: 'カートリッジごとに1回呼び出します:',
    submit: 'このサービスを追加',
    privateAddress:
      '追加されていません。インターネット上のアドレスを使うか、そのネットワークの許可を中継サーバーの管理者に依頼してください。',
  },

  mandate: {
    instruction: '機器で確認されました。この機器でサービスを利用できます。',
    consent: '所有者が同意しています。この機器でサービスを利用できます。',
    missing: {
      owner: '注文しません。この機器には所有者がいません。登録、ペアリング、または手動で追加してください。',
      instruction: 'まだ注文しません。機器のパネルで「確認」を押してください。',
      consent: 'まだ注文しません。コードで登録されていないため、所有者の同意が必要です。',
    },
    some: (number, hasMore) => `${number}台${hasMore ? '以上' : ''}の機器では、まだ注文しません`,
    give: '同意する',
    giveTitle: (device) => `${device} の注文をサービスに許可しますか？`,
    giveMeans:
      'この機器はコードで登録されていないため、サービスの利用が機器側で確認されていません。同意するとその代わりになり、以後はアカウントのすべてのサービスが、条件がそろうとこの機器のために注文します。同意はいつでも取り消せます。すでに注文したものは取り消されません。',
    giveVerb: '同意する',
    withdraw: '同意を取り消す',
    withdrawTitle: (device) => `${device} の同意を取り消しますか？`,
    withdrawMeans: 'この機器のためには何も注文されなくなります。すでに注文したものは取り消されません。',
    notNow: '今はしない',
  },

  order: {
    empty: '注文はありません。',
    emptyMeans: 'サービスの条件がそろうと、ここに自動で表示されます。',
    noneFits: '該当する注文がありません。',
    showAll: 'すべての注文を表示',
    all: 'すべて',
    device: '機器',
    service: 'サービス',
    allServices: 'すべてのサービス',
    removedService: '削除されたサービス',
    states: { waiting: '待機中', taken: '受付済み', failed: '失敗' },
    stateMeans: {
      waiting: 'サービスはまだ受け付けていません',
      taken: 'サービスが受け付けました',
      failed: 'サービスは受け付けませんでした。再試行はありません',
    },
    cartridge: (life) => `${life}本目のカートリッジ`,
    read: (value) => `読み取り値 ${value}`,
    nextTry: (when) => `次の試行 ${when}`,
    ordered: (age) => `${age}に注文`,
    why: '注文の理由',
    reasons: {
      who: { admin: '中継サーバーの管理者', user: (name) => name, key: (name) => `キー ${name}` },
      claimed: (device, who, at) => `${who} が ${device} をコードで登録しました（${at}）。`,
      confirmed: (at) => `その登録は、機器の前にいる人が確認しました（${at}）。`,
      consented: (who, at) => `所有者（${who}）が同意しました（${at}）。`,
      agreed: (condition, one, other, seconds) =>
        `条件「${condition}」：${one}と${other}、${seconds}秒間隔の2回の読み取りが一致しました。`,
      reading: (value, at, source) => `${value}（${at}、${source}）`,
      held: (since, seconds) => `${since} から途切れずに、少なくとも${duration(seconds)}続いています。`,
      sources: { event: '機器からの通知', register: '登録時の通知', poll: '中継サーバーによる読み取り' },
      first: (object, service) => `${object}のこのカートリッジは、「${service}」でまだ注文されていませんでした。`,
      next: (life, object, service) =>
        `${object}の${life}本目のカートリッジで、「${service}」でまだ注文されていませんでした。`,
    },
    whyLanguage: '理由は、注文時に記録された英語の文のまま表示しています。',
    tries: 'サービスへの通知',
    noTries: 'まだ試行していません。',
    ofDevice: '注文',
    noneOfDevice: 'この機器のための注文はありません。',
  },
}

function duration(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}日`
  if (seconds % 3_600 === 0) return `${seconds / 3_600}時間`
  return seconds % 60 === 0 ? `${seconds / 60}分` : `${seconds}秒`
}
