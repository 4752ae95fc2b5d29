import type { stepUp as english } from '../en/step-up'

export const stepUp: typeof english = {
  title: 'Bestätigen Sie, dass Sie es sind',
  lead: 'Zum Schutz Ihres Kontos bestätigen Sie bitte, dass Sie es sind. Danach wird Ihre Änderung ausgeführt.',
  restricted:
    'Ihre Rolle verlangt die Zwei-Faktor-Authentifizierung. Bestätigen Sie, dass Sie es sind, um fortzufahren.',
  submit: 'Bestätigen',
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
