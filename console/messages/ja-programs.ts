/** What the console says in Japanese of programs. */
import type { enPrograms } from './en-programs.ts'

export const jaPrograms: typeof enPrograms = {
  title: 'プログラム',
  means:
    'プログラムはサービスが提供し、機器のパネルに表示されます。最初のタッチで起動し、次からは1回のタッチで実行します。',
  add: 'プログラムを追加',
  empty: 'まだプログラムがありません。',
  emptyMeans:
    '「メールへスキャン」と「今日のページを印刷」の2つが付属しています。次のコマンドで提供を始めると、自動で追加されます。',
  copy: 'コマンドをコピー',
  loading: 'プログラムを読み込んでいます…',

  allDevices: 'すべての機器',
  allOf: (account) => `${account} のすべての機器`,
  tagged: (where, tag) => `${where}のうち、タグ「${tag}」が付いたもの`,
  calledAt: '呼び出し先',
  asks: (names) => `機器に1回だけ尋ねる情報: ${names.join('、')}`,
  asksNothing: '機器の情報は尋ねません。',

  launchedOn: (devices, launches) =>
    devices === launches ? `${devices}台の機器で起動済み` : `${devices}台の機器で${launches}回起動済み`,
  nowhere: 'まだどの機器でも起動されていません。パネルの「プログラム」に表示されています。',
  notTaken: '起動されましたが、プログラムがまだ受け付けていません',
  since: (age) => `${age}に起動`,
  more: 'さらに表示',
  noRun: 'まだ実行されていません',
  lastRun: (age) => `最後の実行は${age}:`,
  ran: (age) => `${age}に実行:`,
  outcomes: {
    asked: '入力を求め、答えを待っています',
    scanning: '機器にスキャンを指示しました',
    done: '完了しました',
    failed: '失敗しました',
    unreachable: 'プログラムが正しく応答しませんでした',
  },
  on: (device) => `（${device}）`,
  unreachableMeans:
    '操作した人にはそのことが表示され、もう一度試すことができます。プログラムが動いていて、中継サーバーから届くことを確認してください。',

  rotate: '新しいシークレット',
  secretTitle: '署名用のシークレットです。表示されるのは今回だけです。',
  secretMeans:
    'プログラムに設定してください。これによって、この中継サーバーからの呼び出しであることを確認できます（Standard Webhooks）。紛失した場合は、新しく作成してください。',
  rotated: '1日の間は、以前のシークレットでも署名します。',
  secretKept: '保管しました',
  remove: '削除',
  removeTitle: (title) => `プログラム「${title}」を削除しますか？`,
  removeMeans: (devices) =>
    devices === 0
      ? 'パネルから消えます。どの機器でも起動されていないため、ほかに失われるものはありません。'
      : `パネルから消え、${devices}台の機器で使えなくなります。もう一度追加した場合は、それぞれの機器で改めて起動する必要があります。印刷または送信済みのものは残ります。`,
  removeVerb: 'このプログラムを削除する',

  form: {
    title: '新しいプログラム',
    name: '名前',
    nameMeans: 'パネルに表示される短い名前',
    id: 'ID',
    idMeans: 'a-z 0-9 . _ - の1〜64文字',
    description: '説明（任意）',
    url: 'プログラムのアドレス',
    urlMeans: 'インターネット上の https://… のアドレス。呼び出しには署名が付くため、パスワードは不要です。',
    asks: '機器に尋ねるオブジェクト（任意）',
    asksMeans: 'コンマで区切ります。例: model, location',
    tag: 'このタグが付いた機器だけに表示（任意）',
    submit: 'このプログラムを追加',
    privateAddress:
      '何も追加していません。インターネット上のアドレスを使うか、中継サーバーの管理者にそのネットワークの許可を依頼してください。',
  },
}
