/** The words of being at a printer, and of what it knows one by: they come with the parts that say them. */
import { useWords } from '../language.ts'

const en = {
  title: 'Are you at this printer?',
  loading: 'Looking which printer it is …',
  means: 'If you are, it shows what waits for you there, and prints what you choose.',
  onlyThere: 'Say it only if you stand in front of it: whoever does could print what is yours.',
  yes: 'Yes, I am here',
  no: 'No',
  known: 'The printer knows you.',
  knownMeans: 'Choose there what comes out. When you leave, it forgets you within two minutes.',
  over: 'This code is over',
  overMeans:
    'It is good for three minutes and once, for people of the printer’s account. Have the printer show another one.',
  toJobs: 'Your jobs',

  codes: 'At the printer',
  codesMean:
    'By a PIN or a badge a printer knows that it is you, and prints what waits for you there. A telephone needs neither: it reads the code on the panel.',
  none: 'There is none yet.',
  kinds: { pin: 'PIN', badge: 'Badge' },
  makePin: 'Make a PIN',
  addBadge: 'Add a badge',
  name: 'Name',
  nameHint: 'As “The card on my key ring”',
  badge: 'Number of the badge',
  badgeHint: 'What a reader tells of it, as 04:A2:19:7F. 4 to 64 letters, digits and signs.',
  badgeTaken: 'This badge is known in your account already. It can be one person’s only.',
  submit: 'Add it',
  shown: 'Your PIN',
  shownMeans: 'It is shown this once. Whoever knows it can print what waits for you: learn it, and tell nobody.',
  kept: 'I know it now',
  used: (age: string) => `used ${age}`,
  neverUsed: 'not used yet',
  end: 'Remove',
  endTitle: (name: string) => `Remove “${name}”?`,
  endMeans: 'No printer knows you by it any more. What waits for you goes on waiting; make another one any time.',

  setting: 'What people print here waits until they are at the printer',
  settingMeans: 'So that nothing lies in the tray. What services send comes out at once, as ever.',
}

const ja: typeof en = {
  title: 'このプリンターの前にいますか？',
  loading: 'プリンターを確認しています…',
  means: 'はいを選ぶと、あなたを待っている文書がプリンターに表示され、選んだものが印刷されます。',
  onlyThere: '本当に目の前にいるときだけ選んでください。そこにいる人が、あなたの文書を印刷できるようになります。',
  yes: 'はい、前にいます',
  no: 'いいえ',
  known: 'プリンターに本人と伝わりました。',
  knownMeans: '印刷するものをプリンターで選んでください。離れると、2分以内に解除されます。',
  over: 'このコードは無効です',
  overMeans:
    'コードは3分間、一度だけ、プリンターと同じアカウントの人が使えます。プリンターで新しいコードを表示してください。',
  toJobs: 'ジョブ',

  codes: 'プリンターでの本人確認',
  codesMean:
    'PINまたはカードを示すと、プリンターがあなたと判断し、待っている文書を印刷します。スマートフォンなら、パネルのコードを読み取るだけです。',
  none: 'まだありません。',
  kinds: { pin: 'PIN', badge: 'カード' },
  makePin: 'PINを作る',
  addBadge: 'カードを追加',
  name: '名前',
  nameHint: '例：「キーホルダーのカード」',
  badge: 'カードの番号',
  badgeHint: 'リーダーが読み取る値です（例：04:A2:19:7F）。英数字と記号で4〜64文字。',
  badgeTaken: 'このカードは、アカウント内ですでに登録されています。登録できるのは一人だけです。',
  submit: '追加',
  shown: 'あなたのPIN',
  shownMeans: '表示は今回限りです。知っている人はあなたの文書を印刷できます。覚えて、誰にも教えないでください。',
  kept: '覚えました',
  used: (age) => `${age}に使用`,
  neverUsed: '未使用',
  end: '削除',
  endTitle: (name) => `「${name}」を削除しますか？`,
  endMeans: 'プリンターは、これであなたと判断しなくなります。待っている文書はそのまま待ちます。いつでも作り直せます。',

  setting: 'ここで印刷する人の文書は、本人がプリンターの前に来るまで待つ',
  settingMeans:
    '文書がトレイに置かれたままになりません。サービスから送られたものは、これまでどおりすぐに印刷されます。',
}

export function useWalkUpWords(): typeof en {
  return useWords({ en, ja })
}
