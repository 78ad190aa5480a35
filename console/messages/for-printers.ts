/** The words of a device as a printer of any computer, and of the passwords for it: they come with the parts that say them. */
import { useWords } from '../language.ts'

type How = readonly [system: string, how: (uri: string) => string]

const en = {
  title: 'As a printer of your computer',
  means: 'Any computer prints here from its own print dialog, from anywhere, without a driver.',
  address: 'Address',
  queue: 'Queue',
  queueMeans: 'where a dialog asks for host and queue apart',
  user: 'User name',
  password: 'Password',
  passwordMeans: 'an app password of yours, not the one that you sign in with',
  make: 'Make an app password',
  hows: [
    ['Linux, and macOS in a terminal', (uri: string) => `lpadmin -p printer -E -v ${uri} -m everywhere`],
    ['macOS', () => 'Settings → Printers & Scanners → Add Printer → IP. Protocol: Internet Printing Protocol.'],
    [
      'Windows 11',
      () =>
        'Settings → Printers & scanners → Add device → Add manually → by IP address or host name. Type: IPP Device.',
    ],
  ] as readonly How[],
  notSecure: 'This relay is reached without TLS: passwords are taken from its own machine only.',

  passwords: 'App passwords',
  passwordsMean:
    'For computers that print. One opens printing alone: no sign-in and no API. One for each computer can be ended alone.',
  none: 'There is none yet.',
  name: 'Where it will be typed',
  nameHint: 'As “My laptop”',
  submit: 'Make it',
  shown: 'The app password',
  shownMeans: 'It is shown this once. Type it where the computer asks, with your e-mail address as the user name.',
  kept: 'I have typed it',
  used: (age: string) => `used ${age}`,
  neverUsed: 'not used yet',
  end: 'End',
  endTitle: (name: string) => `End the app password “${name}”?`,
  endMeans:
    'The computer that has it cannot print here any more, until it gets another one. What it has sent already is printed.',
}

const ja: typeof en = {
  title: 'パソコンのプリンターとして使う',
  means: 'どのパソコンからも、どこからでも、ドライバーなしで通常の印刷画面から印刷できます。',
  address: 'アドレス',
  queue: 'キュー',
  queueMeans: 'ホストとキューを別々に入力する画面の場合',
  user: 'ユーザー名',
  password: 'パスワード',
  passwordMeans: 'サインインに使うものではなく、アプリパスワード',
  make: 'アプリパスワードを作る',
  hows: [
    ['Linux、macOS のターミナル', (uri: string) => `lpadmin -p printer -E -v ${uri} -m everywhere`],
    ['macOS', () => '設定 → プリンタとスキャナ → プリンタを追加 → IP。プロトコル：Internet Printing Protocol'],
    [
      'Windows 11',
      () =>
        '設定 → プリンターとスキャナー → デバイスの追加 → 手動で追加 → IP アドレスまたはホスト名。種類：IPP デバイス',
    ],
  ],
  notSecure: 'このリレーには TLS なしで接続しています。パスワードはリレーと同じマシンからのみ受け付けます。',

  passwords: 'アプリパスワード',
  passwordsMean:
    '印刷するパソコン用です。印刷だけができ、サインインや API には使えません。パソコンごとに作れば、一つだけ無効にできます。',
  none: 'まだありません。',
  name: '使う場所',
  nameHint: '例：「私のノートパソコン」',
  submit: '作成',
  shown: 'アプリパスワード',
  shownMeans:
    '表示は今回限りです。パソコンに求められたら、ユーザー名にメールアドレスを、パスワードにこれを入力してください。',
  kept: '入力しました',
  used: (age) => `${age}に使用`,
  neverUsed: '未使用',
  end: '無効にする',
  endTitle: (name) => `アプリパスワード「${name}」を無効にしますか？`,
  endMeans: 'このパスワードを使うパソコンは、新しいものを設定するまで印刷できません。送信済みの文書は印刷されます。',
}

export function usePrinterWords(): typeof en {
  return useWords({ en, ja })
}
