/** What the console says in English of proofs, demanded second factors, sessions, and forgotten passwords. */
export const enSafety = {
  again: {
    title: 'Prove that it is you',
    means: 'What you are about to do cannot be undone, or opens a door. Nothing that you typed is lost.',
    show: 'Show your second factor',
    showMeans: 'Your account demands a second factor of everybody, and this browser has not shown yours yet.',
    byPasskey: 'Use a passkey',
    byPassword: 'Use the password',
    byCode: 'Use a code of your app',
    byProvider: 'Sign in once more where you sign in',
    byProviderMeans: 'It opens in another window. Come back here afterwards; it goes on by itself.',
    submit: 'Go on',
    cancel: 'Leave it',
    wrongPassword: 'That is not your password. After ten failed tries one has to wait.',
    wrongPasskey: 'That is not a passkey of yours, or it took too long. Nothing was done.',
    proved: 'It is you',
    provedMeans: 'Go back to the other window: what you were doing there goes on. This one can be closed.',
    close: 'Close this window',
  },
  factorWanted: {
    title: 'A second factor, please',
    means:
      'Your account demands one of everybody who works in it, and you have none yet. Add a passkey or set up an authenticator app; then you go on.',
  },
  demand: {
    title: 'A second factor for everybody',
    isOn: 'Demanded: whoever has none can only set one up, and nobody takes off their last.',
    isOff: 'Not demanded: everybody in this account decides for themselves.',
    begin: 'Demand one of everybody',
    end: 'Demand it no more',
    means:
      'Whoever has no authenticator app and no passkey is led to setting one up, at once. You too: set up yours first.',
  },
  password: {
    title: 'Password',
    means: 'With a new password you are signed out everywhere else.',
    old: 'The one that you have now',
    next: 'The new one',
    submit: 'Change the password',
    wrong: 'The password that you have now is another one. Nothing was changed.',
    done: 'It is changed, and you are signed out everywhere else.',
  },
  sessions: {
    title: 'Signed-in browsers',
    means: 'End what you do not know, and change your password then.',
    unknown: 'A browser that does not say which',
    isThis: 'this one',
    seen: (age: string) => `last seen ${age}`,
    end: 'End',
    endOthers: 'End all others',
  },
  reset: {
    forgot:
      'Forgot your password? Ask an owner of your account for a link. The only owner asks whoever runs the relay.',
    title: 'A new password',
    means: 'You are signed out everywhere, and sign in with it then. Your second factor is asked for as ever.',
    submit: 'Set this password',
    used: 'This link is not good any more: it was used, is older than 24 hours, or another was made. Ask for another one.',
    done: 'The password is set',
    doneMeans: 'Sign in with it now.',
    signIn: 'Sign in',
  },
}
