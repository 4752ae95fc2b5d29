/** The app: a provider around it, and what signed-in and signed-out users see. */
import {
  GatehouseProvider,
  SignedIn,
  SignedOut,
  SignInButton,
  useGatehouse,
} from '@gatehouse/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Home } from './home.tsx'

const { VITE_ISSUER: issuer = '', VITE_CLIENT_ID: clientId = '' } = import.meta.env

function App() {
  const { error } = useGatehouse()
  return (
    <>
      <h1>A React app</h1>
      <SignedOut>
        <p>You are signed out.</p>
        <SignInButton />
      </SignedOut>
      <SignedIn>
        <Home />
      </SignedIn>
      {error && <p role="alert">{error.message}</p>}
    </>
  )
}

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    {/* One session for all tabs, which also outlives them. The default is a session for each tab. */}
    <GatehouseProvider issuer={issuer} clientId={clientId} storage="localStorage">
      <App />
    </GatehouseProvider>
  </StrictMode>,
)
