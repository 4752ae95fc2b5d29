/** The texts with which pages ask who is acting before a sensitive action, in German. */
import type { stepUp as english } from '../en/step-up'

export const stepUp: typeof english = {
  title: 'Bestätigen Sie, dass Sie es sind',
  lead: 'Zum Schutz Ihres Kontos fragen wir vor wichtigen Änderungen danach. Anschließend machen Sie dort weiter, wo Sie waren.',
  forApp: (app) => `${app} bittet Sie, Ihre Identität zu bestätigen. Danach geht es dort weiter.`,
  restricted:
    'Ihre Rolle verlangt die Zwei-Faktor-Authentifizierung. Bestätigen Sie, dass Sie es sind, um fortzufahren.',
  submit: 'Bestätigen',
  byPasskey: 'Mit Passkey bestätigen',
  signedInWith: (methods) => `Angemeldet mit: ${methods}`,
  methods: {
    pwd: 'Passwort',
    otp: 'Code',
    rc: 'Wiederherstellungscode',
    hwk: 'Passkey',
    swk: 'Passkey',
    fed: 'anderer Anbieter',
    mail: 'E-Mail',
  },
}
