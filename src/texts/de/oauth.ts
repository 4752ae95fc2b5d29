/** The texts of an app's sign-in, in German. */
import type { oauth as english } from '../en/oauth'

export const oauth: typeof english = {
  continueTo: (app) => `Weiter zu ${app}`,
  anotherAccount: 'Anderes Konto verwenden',
  backTo: (app) => `Zurück zu ${app}`,

  going: {
    title: 'Einen Moment',
    lead: (app) => `Sie werden zu ${app} weitergeleitet.`,
    submit: 'Weiter',
  },

  consent: {
    title: (app) => `${app} den Zugriff auf Ihr Konto erlauben?`,
    lead: (app) => `${app} bittet um Zugriff auf Ihr Konto:`,
    signedInAs: 'Angemeldet als',
    goesTo: 'Sie werden weitergeleitet zu',
    publisher:
      'Diese App wurde nicht geprüft. Erlauben Sie sie nur, wenn Sie dem Herausgeber vertrauen:',
    local: 'Das ist ein Programm auf Ihrem eigenen Computer.',
    allow: 'Erlauben',
    deny: 'Nicht erlauben',
    policy: 'Datenschutzerklärung',
    terms: 'Nutzungsbedingungen',
    revoke: 'Sie können diesen Zugriff jederzeit in Ihrem Konto widerrufen.',
    granted: 'bereits erlaubt',
    use: 'Sich mit Ihrem Konto anmelden',
    of: (resource) => `In ${resource}`,
    scopes: {
      openid: 'Sie wiedererkennen, wenn Sie zurückkommen',
      profile: 'Ihren Namen und Ihr Profil sehen',
      email: 'Ihre E-Mail-Adresse sehen',
      roles: 'Ihre Rollen sehen',
      permissions: 'Ihre Berechtigungen sehen',
      offline_access: 'Den Zugriff behalten, während Sie die App nicht verwenden',
    },
  },

  select: {
    title: 'Konto auswählen',
    lead: (app) => `${app} fragt, welches Konto Sie verwenden möchten.`,
    go: (name) => `Weiter als ${name}`,
  },
  other: {
    title: 'Sie brauchen ein anderes Konto',
    lead: (app) => `${app} verlangt ein anderes Konto als das, mit dem Sie angemeldet sind.`,
  },
  notAllowed: {
    title: (app) => `Sie haben keinen Zugriff auf ${app}`,
    lead: 'Ihrem Konto fehlt die Berechtigung, die diese App verlangt. Wenden Sie sich an die Administration, wenn Sie sie benötigen.',
  },
  signOut: {
    title: 'Abmelden?',
    leadOf: (app) => `${app} bittet Sie, sich auch hier abzumelden.`,
    lead: 'Sie werden auch von den Apps abgemeldet, bei denen Sie sich in diesem Browser angemeldet haben.',
    submit: 'Abmelden',
    stay: 'Angemeldet bleiben',
    gone: {
      title: 'Sie sind abgemeldet',
      lead: 'Sie können diese Seite schließen.',
      signIn: 'Wieder anmelden',
    },
  },
  refused: {
    title: 'Diese Anmeldung kann nicht fortgesetzt werden',
    leads: {
      unknown_app: 'Die App, von der Sie kommen, ist nicht registriert oder wurde deaktiviert.',
      unknown_redirect_uri:
        'Die App, von der Sie kommen, hat eine Rückkehradresse angegeben, die für sie nicht registriert ist.',
      repeated:
        'Die App, von der Sie kommen, hat eine Anfrage gesendet, die wir nicht lesen können.',
      too_long: 'Die App, von der Sie kommen, hat eine zu lange Anfrage gesendet.',
      invalid:
        'Die App, von der Sie kommen, hat eine Anfrage gesendet, die wir nicht erfüllen können.',
    },
    developers: 'Für die Entwickler der App:',
  },
}
