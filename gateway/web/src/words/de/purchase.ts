import type { AllWords } from '../translated';

export const purchase: AllWords['purchase'] = {
  license: 'Lizenz',
  types: { PERSONAL: 'Persönlich, unbefristet', COMMERCIAL: 'Gewerblich, für ein Jahr' },
  payment: 'Zahlen mit',
  methods: { CREDIT_CARD: 'Karte', PAYPAL: 'PayPal', WALLET: 'Guthaben', DECLINED: 'Eine Karte, die abgelehnt wird' },
  version: (version) => `Du bekommst Version ${version} und alle späteren.`,
  simulated: 'Zahlungen sind simuliert: Es fließt kein Geld.',
  buy: (price) => `Für ${price} kaufen`,
  buying: 'Wird gekauft …',
  priceChanged: 'Der Preis hat sich inzwischen geändert. Es wurde nichts berechnet; dies ist der neue.',
  pending: 'Die Zahlung ist noch nicht abgeschlossen. Ein weiterer Kauf fragt nach derselben Zahlung und berechnet nichts doppelt.',
  bought: 'Es gehört dir.',
  key: 'Dein Lizenzschlüssel',
};
