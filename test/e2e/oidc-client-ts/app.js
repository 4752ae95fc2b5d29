// A single page app by oidc-client-ts, as its documentation writes one.
import { UserManager } from 'oidc-client-ts'

const { authority, client_id } = await (await fetch('/settings.json')).json()
const home = `${location.origin}/`
const manager = new UserManager({
  authority,
  client_id,
  redirect_uri: home,
  popup_redirect_uri: `${home}popup`,
  post_logout_redirect_uri: home,
  scope: 'openid profile email',
  loadUserInfo: true,
  revokeTokensOnSignout: true,
  automaticSilentRenew: false,
})

const element = (id) => document.getElementById(id)

function show(user) {
  element('user').textContent = user ? `Signed in as ${user.profile.email}` : 'Signed out'
  element('token').textContent = user?.access_token ?? ''
}

/** Runs what a button begins, and shows what went wrong. */
const press = (id, act) =>
  element(id).addEventListener('click', () =>
    act().catch((error) => {
      element('user').textContent = `Failed: ${error.message}`
    }),
  )

if (location.pathname === '/popup') {
  await manager.signinPopupCallback()
} else {
  if (new URLSearchParams(location.search).has('code')) {
    await manager.signinRedirectCallback()
    history.replaceState({}, '', '/')
  }
  show(await manager.getUser())
  press('redirect', () => manager.signinRedirect())
  press('popup', async () => show(await manager.signinPopup()))
  // By the refresh token: there is no frame, and no cookie of another site.
  press('renew', async () => show(await manager.signinSilent()))
  press('out', () => manager.signoutRedirect())
}
