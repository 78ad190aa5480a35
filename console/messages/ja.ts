/** What the console says in Japanese. A sentence that is missing here is a type error. */
import type { en } from './en.ts'
import { jaDevices } from './ja-devices.ts'
import { jaFleet } from './ja-fleet.ts'
import { jaOidc } from './ja-oidc.ts'
import { jaPage } from './ja-page.ts'
import { jaPair } from './ja-pair.ts'
import { jaSafety } from './ja-safety.ts'

export const ja: typeof en = {
  ...jaDevices,
  ...jaSafety,
  ...jaFleet,
  pair: jaPair,
  page: jaPage,
  oidc: jaOidc,

  access: { title: '誰が何をできるか' },

  nav: {
    ...{ devices: '機器', claim: '登録', pair: 'ペアリング', people: 'ユーザー', keys: 'キー', audit: '監査ログ' },
    ...{
      jobs: 'ジョブ',
      services: 'サービス',
      programs: 'プログラム',
      you: 'アカウント',
      more: 'その他',
      skip: '本文へ移動',
    },
  },
  language: '言語',

  signIn: {
    title: 'サインイン',
    email: 'メールアドレス',
    password: 'パスワード',
    submit: 'サインイン',
    wrong:
      'メールアドレスまたはパスワードが正しくありません。両方を確認してください。10回失敗すると、しばらく待つ必要があります。',
    secondFactor: '確認コードの入力',
    secondFactorMeans:
      'パスワードは正しく入力されました。認証アプリに表示されている6桁の数字、またはリカバリーコードを入力してください。',
    code: 'コード',
    wrongCode:
      'このコードは現在有効ではありません。アプリに次のコードが表示されるのを待つか、リカバリーコードを使ってください。',
    back: '別のメールアドレスを使う',
    ended:
      '操作がしばらくなかったか、権限が変更されたため、サインアウトしました。もう一度サインインすると、元のページに戻ります。',
  },
  setUp: {
    title: '最初のユーザー',
    means:
      'この中継サーバーにはまだユーザーがいません。ここで登録する人が所有者になり、すべての操作と、ほかの人の招待ができます。',
    submit: 'このユーザーを作成',
    used: 'このリンクは無効です。すでに設定が済んでいるか、その後に中継サーバーが再起動されました。最新のリンクは中継サーバーの出力にあります。',
  },
  invitation: {
    title: '招待されています',
    means: '名前とパスワードを決めると参加できます。',
    submit: '参加する',
    used: 'この招待は無効です。使用済みか、取り消されたか、7日を過ぎています。招待した人に新しい招待を依頼してください。',
  },
  person: {
    name: '名前',
    email: 'メールアドレス',
    password: 'パスワード',
    passwordMeans: '12文字以上。文章にすると覚えやすくなります。',
    passwordWeak: 'よく使われるパスワードか、名前とほとんど同じです。自分だけの言葉をいくつか組み合わせてください。',
    passwordShort: (missing) => `あと${missing}文字`,
  },

  time: {
    now: 'たった今',
    seconds: (number) => `${number}秒前`,
    minutes: (number) => `${number}分前`,
    hours: (number) => `${number}時間前`,
    days: (number) => `${number}日前`,
    since: (when) => `${when} から`,
    never: 'なし',
  },

  connection: {
    connecting: '中継サーバーに接続しています…',
    lost: (age) => `中継サーバーが応答しません（${age}から）。表示はそれ以前の情報です。1秒ごとに再接続しています。`,
    back: '中継サーバーに再接続しました。表示は最新です。',
    refused: '変化は自動では表示されません:',
  },
  problems: {
    noRelay:
      '中継サーバーが応答しません。ネットワークを確認してください。続く場合は、中継サーバーの管理者に動作状況を確認してください。',
    own: (words) =>
      `コンソール自体に問題が起きました（${words}）。ページを再読み込みしてください。続く場合はお知らせください。`,
    tooMany: (seconds) => `試行回数が多すぎます。${seconds}秒待ってから、もう一度お試しください。`,
    tryAgain: 'もう一度試す',
    codes: {
      unauthorized: 'サインインの有効期間が切れました。サインインしてから、もう一度お試しください。',
      forbidden: 'あなたの役割ではこの操作はできません。アカウントの所有者または管理者に依頼してください。',
      'email-taken': 'このメールアドレスのユーザーがすでにいます。一覧で確認するか、別のアドレスを使ってください。',
      'last-owner': 'アカウントに所有者がいなくなります。先に別の人を所有者にしてください。',
      'device-offline':
        '機器がオフラインのため、送信していません。もう一度試しても安全です。機器が戻るまで保管することもできます。',
      'device-asleep': '機器がスリープ中で、起こせるものがないため、送信していません。',
      'device-timeout': '時間内に機器から応答がありませんでした。',
      'connection-lost': '送信後に接続が切れ、応答がありません。実行されたかどうかはわかりません。',
      'unknown-device': 'このアカウントにその機器はありません。削除された可能性があります。',
      'unknown-request': '中継サーバーにはこの要求の記録がもうありません。',
      'no-match': 'このコードで待っている機器はありません。ラベルと見比べ、機器の電源と接続を確認してください。',
      unavailable: '中継サーバーが混み合っているか、停止中です。しばらくしてからもう一度お試しください。',
      'in-progress': '同じ要求がまだ処理中です。',
      'prove-again': '本人確認が行われなかったため、何も実行されていません。',
      'second-factor-required':
        '何も実行されていません。このアカウントでは全員に2段階認証が必要です。最後の1つを解除する前に、別のものを設定してください。',
    },
  },

  claim: {
    title: '機器を登録',
    means: 'ラベルのコードを入力してください。英数字16文字と、入力の誤りを見つける1文字です。',
    code: 'ラベルのコード',
    missing: (number) => `あと${number}文字`,
    mistyped: '正しくない文字があります。ラベルと見比べてください。8とB、5とS、2とZは似ています。',
    tooLong: 'コードより長くなっています。',
    right: 'コードはそろい、入力の誤りはありません。',
    submit: 'この機器を登録',
    yours: (device) => `${device} はあなたの機器です`,
    almost: 'あと2つ、機器側での操作が残っています。',
    done: '確認されました。サービスを利用できます。',
    steps: {
      matched: 'コードが一致しました',
      connected: '機器が接続しました',
      connectedWaits: '電源を入れてお待ちください。30秒以内に自動で接続します。',
      confirmed: '機器で確認されました',
      confirmedWaits: '機器のパネルで「確認」を押してください。それまでサービスは利用できません。',
    },
    stepDone: '完了',
    stepWaits: '待機中',
    naming: '機器の名前と設置場所を入力してください。',
    name: '名前',
    place: '場所',
    save: '保存',
    saved: '機器に保存しました。',
    kept: '機器は現在接続していません。1日間保管し、機器が戻ると送信します。',
    open: '機器を開く',
    another: '別の機器を登録',
    notAllowed: 'あなたの役割では機器を登録できません。アカウントの所有者または管理者に依頼してください。',
    unknown: 'このアカウントにその登録はありません。',
  },

  keys: {
    title: 'キー',
    means: 'プログラムはキーを使って、このアカウントのAPIを呼び出します。',
    make: 'キーを作成',
    name: '用途',
    scopes: '許可する操作',
    scopeNames: {
      'devices:read': '機器を見る',
      'devices:write': '機器の追加・登録・削除',
      'requests:read': '要求とジョブを見る',
      'requests:write': '機器への問い合わせと変更',
      'events:read': 'イベントを受け取る',
      'jobs:write': '印刷する',
      'keys:write': 'キーの作成と失効',
    },
    expires: '有効期限',
    expiresChoices: { '': '失効させるまで', '30': '30日', '90': '90日', '365': '1年' },
    submit: 'このキーを作成',
    made: 'キーを作成しました。表示されるのは今回だけです。',
    madeMeans: '安全な場所に保管してください。紛失した場合は、新しいキーを作成し、このキーを失効させてください。',
    close: '保管しました',
    empty: 'まだキーがありません。',
    emptyMeans: '機器を利用するプログラムにはキーが必要です。',
    unnamed: '名前なし',
    created: (when) => `${when} 作成`,
    used: (age) => `${age}に使用`,
    unused: '未使用',
    until: (when) => `${when} まで有効`,
    expired: '期限切れ',
    revoke: '失効',
    revokeTitle: (name) => `キー「${name}」を失効させますか？`,
    revokeMeans:
      'このキーを使うプログラムはただちに拒否され、イベントの受信も終わります。元に戻すことはできず、新しいキーが必要になります。',
    revokeVerb: 'このキーを失効させる',
    keep: '残す',
    all: 'すべて',
  },

  you: {
    title: 'アカウント',
    account: 'アカウント',
    role: '役割',
    roles: { owner: '所有者', admin: '管理者', operator: '操作者', viewer: '閲覧者' },
    relayAdmin: '中継サーバーの管理者',
    signOut: 'サインアウト',
  },

  passkeys: {
    title: 'パスキー',
    means: 'パスキーを使うと、パスワードとコードの代わりに指紋、顔、PINでサインインできます。',
    name: '追加するパスキーの名前',
    nameMeans: '見分けられる名前（例「ノートパソコン」「青いキー」）。',
    add: 'パスキーを追加',
    notDone:
      '完了しませんでした。中止したか、時間が切れたか、この端末にこのサーバーのパスキーがありません。何も変更されていません。',
    remove: '削除',
    removeTitle: (name) => `パスキー「${name}」を削除しますか？`,
    removeMeans:
      'このパスキーではサインインできなくなります。サインイン中であれば再び追加できます。端末側のパスキーも削除してください。',
    removeVerb: 'このパスキーを削除する',
    signIn: 'パスキーでサインイン',
    or: 'またはパスワードで',
    unknown: 'このパスキーは登録されていないか、削除されました。パスワードでサインインしてください。',
  },
  secondFactor: {
    title: '2段階認証',
    isOn: 'オン: パスワードの後に、認証アプリのコードを入力します。',
    isOff: 'オフ: パスワードだけでサインインできます。オンにするか、パスキーを使ってください。',
    begin: '設定する',
    typeIn:
      '認証アプリでアカウントを追加し、次のキーを入力してください。その後、アプリに表示される6桁の数字を入力します。',
    openApp: 'またはこの端末のアプリで開く',
    confirm: 'オンにする',
    codeToEnd: 'オフにするには、アプリのコードを入力',
    end: 'オフにする',
    codesMean:
      'オンになりました。次のコードは、アプリを使えなくなったときに、それぞれ1回だけアプリのコードの代わりになります。表示されるのは今回だけです。',
  },

  help: {
    title: 'キーボード',
    close: '閉じる',
    keys: {
      '/': '検索',
      j: '次へ',
      k: '前へ',
      x: '選択',
      Enter: '開く',
      '?': 'このヘルプ',
      Esc: '閉じる、検索から出る',
    },
  },

  copy: {
    copy: 'コピー',
    copied: 'コピーしました',
    select: '選択してコピーしてください。この環境ではページからコピーできません。',
  },
  notFound: { title: 'ページがありません', means: 'このリンクの先にページはありません。', home: '機器の一覧へ' },
}
