/** What the console says in Japanese of the users of an account, and of those who are invited. */
import type { enPeople } from './en-people.ts'

export const jaPeople: typeof enPeople = {
  title: 'ユーザー',
  means: 'このアカウントにサインインできる人と、その人に許可されている操作です。',
  account: 'アカウント',
  loading: 'ユーザーを読み込んでいます…',
  roleMeans: {
    viewer: '閲覧のみ',
    operator: '閲覧と、機器への問い合わせ・変更',
    admin: '上記に加えて、機器の追加と削除、キーの作成、閲覧者と操作者の管理',
    owner: 'アカウント内のすべての操作',
  },
  you: 'あなた',
  twoFactors: '二段階認証あり',
  noSecondFactor: '二段階認証なし',
  passkeys: (number) => (number === 0 ? 'パスキーなし' : `パスキー${number}個`),
  oidc: 'シングルサインオン',
  signedIn: (age) => `${age}にサインイン`,
  neverSignedIn: 'サインインしたことがありません',
  onlyOwner: '唯一の所有者です。役割の変更や削除をするには、先に別の人を所有者にしてください。',
  notManaged: (roles) => `あなたが管理できる役割：${roles}。その他のユーザーは所有者が管理します。`,
  ofTheRelay: '中継サーバーの管理者です。変更できるのは、同じく中継サーバーの管理者だけです。',
  alone: 'まだほかに誰もいません。',
  nobody: 'まだ誰もいません。',
  aloneMeans: '機器を見る人や管理する人を招待してください。それぞれに役割があり、各自でサインインします。',

  change: '変更',
  changeTitle: (name) => `${name}さんの変更`,
  name: '名前',
  role: '役割',
  roleChanges: (name) =>
    `役割を変えると、${name}さんはすべての端末からサインアウトされ、もう一度サインインする必要があります。${name}さんが作成した招待は取り消されます。`,
  relayEnds: '所有者でなくなると、中継サーバーの管理者でもなくなります。',
  save: '保存',

  letIn: 'サインインできない場合',
  resetMeans: (name) =>
    `リンクを使うと、${name}さんが新しいパスワードを設定できます。リンクだけではサインインできません。以前のリンクは無効になります。`,
  factorLost: '二段階認証も失われている（リンクを使うと、コードとパスキーは削除されます）',
  makeReset: '新しいパスワード用のリンクを作成',
  resetMade: (email) => `${email} だけに送ってください。有効期間は24時間で、使えるのは1回だけです。`,
  signOutMeans: (name) =>
    `${name}さんがサインインしているブラウザーを他の人が使っている可能性がある場合は、すべてサインアウトさせてください。`,
  signOut: 'すべての端末からサインアウト',
  signedOut: (name) => `${name}さんはすべての端末からサインアウトされました。`,

  remove: '削除',
  removeTitle: (name) => `${name}さんを削除しますか？`,
  removeMeans: (email) =>
    `${email} はただちにすべての端末からサインアウトされます。パスワード、二段階認証、パスキー、このユーザーが作成した招待は失われます。`,
  removeKeeps:
    'このユーザーが作成したキーは有効なまま残ります。使わないキーは失効させてください。操作の記録は監査ログに残ります。招待すれば、新しいユーザーとして戻ることができます。',
  removeYou: 'これはあなた自身です。サインアウトされます。',
  removeVerb: 'このユーザーを削除する',

  invite: '招待する',
  email: 'メールアドレス',
  submit: '招待を作成',
  invited: '招待のリンクです。表示されるのは今回だけです。',
  invitedMeans: (email) =>
    `${email} に送ってください。リンクを開いた人がユーザーになります。有効期間は7日で、使えるのは1回だけです。`,
  close: '送りました',
  open: '招待中（まだ参加していません）',
  until: (when) => `${when} まで有効`,
  withdraw: '取り消す',
  withdrawTitle: (email) => `${email} の招待を取り消しますか？`,
  withdrawMeans: 'リンクは使えなくなります。同じアドレスを、別のリンクでもう一度招待できます。',
  withdrawVerb: 'この招待を取り消す',
}
