/** What the console says in English while a device is paired. */

export const enPair = {
  title: 'Pair a device',
  means: 'Type the PIN that the panel of the device shows. It has eight digits and is good for ten minutes.',
  pin: 'PIN on the panel',
  sameNetwork:
    'This phone or computer has to be in the network of the device, so that nobody elsewhere can take it. Switch off a VPN.',
  submit: 'Pair',
  byCode: 'The device shows no PIN? Claim it by the code on its label',
  noMatch:
    'No device in your network shows this PIN. Compare the digits, join the network that the device is in, and switch off a VPN. Its own panel says which check failed.',
  steps: {
    matched: 'The PIN matched',
    pressed: 'Confirmed at the device',
    pressedWaits: 'So press “Yes, pair” on its panel.',
    afterThat: 'After that a link leads to the device.',
    connected: 'The device has connected',
    connectedWaits: 'Open the page of the device, and press “Connect” there.',
  },
  doubts: {
    'no-local-address': 'Browsers do not tell in which network they are.',
    'other-subnet': 'You and the device are in different parts of the network.',
    'ipv6-prefix': 'Only the beginning of your address and that of the device is the same.',
    'carrier-nat': 'Your provider makes many networks look like one.',
    'shared-address': 'Many networks look like yours from outside.',
    'many-tries': 'Wrong PINs were typed for this device today.',
  },
  pressFirst: 'One more thing is to be done at the device first.',
  almost: 'One more thing is to be done at the device.',
  goThere: 'Open the page of the device',
  connected: (device: string) => `${device} is yours, and is connected.`,
  expired: 'It took longer than ten minutes, so this pairing is over. Nothing has changed.',
  again: 'Type the PIN that the device shows now',
  another: 'Pair another one',
  unknown: 'There is no such pairing in your account.',
}
