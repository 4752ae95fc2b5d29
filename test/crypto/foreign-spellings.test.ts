/**
 * The spellings in which other systems write hashes that are supported, against vectors of independent
 * implementations: bcrypt by libxcrypt, scrypt, PBKDF2 and HMAC by Python's hashlib and hmac, argon2 by
 * the reference library; passlib's by its documentation. And which passwords a hash does not tell apart.
 */
import { describe, expect, it, test } from 'vitest'
import {
  foreignHashProblem,
  hashProblemText,
  isHashOfEmptyPassword,
  seesWholePassword,
  verificationCostMs,
  verifyForeignHash,
} from '../../src/crypto/foreign-hash'
import { EMPTY_HASHES } from '../support/empty-hashes'
import { hashInFull } from '../support/hashes'

hashInFull()

const PASSWORD = 'pässwörd 🦊 Tr0ub4dor'
const PBKDF2_SALT = 'AAECAwQFBgcICQoLDA0ODw'
const BCRYPT = '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'
const ARGON2 =
  '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$/jm1d6mUC5MocACB0Jf1avYHhajx8Jdqoc2JT+CYtwk'

const SPELLINGS: Record<string, string> = {
  WordPress: '$wp$2y$05$abcdefghijklmnopqrstuu3IvCIKJOgSACj7Oz63C3GJulGhCjjTq',
  'passlib bcrypt_sha256':
    '$bcrypt-sha256$v=2,t=2b,r=5$abcdefghijklmnopqrstuu$O2xLi88JAw5SfyYwa4MlkOPVD1veH92',
  'passlib bcrypt_sha256, version 1':
    '$bcrypt-sha256$2b,05$abcdefghijklmnopqrstuu$V2rwnbYILL8yhrKbSEeoluw2WKzJCtC',
  'Spring bcrypt': `{bcrypt}${BCRYPT}`,
  'Dovecot bcrypt': `{BLF-CRYPT}${BCRYPT}`,
  'LDAP crypt': `{CRYPT}${BCRYPT}`,
  'Spring argon2': `{argon2}${ARGON2}`,
  'Dovecot argon2': `{ARGON2ID}${ARGON2}`,
  'argon2 with padded base64':
    '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA==$/jm1d6mUC5MocACB0Jf1avYHhajx8Jdqoc2JT+CYtwk=',
  'Werkzeug scrypt':
    'scrypt:32768:8:1$pw3rk2e1ug5alt01$b7b12684b680976b28772381cc8520661716f2d531484cbae3a42d080c6104eb3ee4bd380e16558df06fdda6871100260b87cdce6d4d55620aa81d7b8a3729ba',
  'Werkzeug PBKDF2':
    'pbkdf2:sha256:50000$pw3rk2e1ug5alt01$73af8bbcd4c9185d55d815e58763b2b91e7c54edcf1573d2f4d3df9226dacb4c',
  'Werkzeug PBKDF2-SHA-1 in capitals':
    'pbkdf2:sha1:1000$pw3rk2e1ug5alt01$A58486EE96369599663C0180A3FC3B2BAEB026F7',
  'better-auth':
    '00112233445566778899aabbccddeeff:20baa64214d85c02089d6019c7e9babecc1c15ec3f5987f9342bcaef81444cafc68a1d5b3169051660122f36df39cd0ee6aa2b58c306d0ed12ea20fd7ebe1eb0',
  'Spring scrypt':
    '{scrypt}$e0801$AAECAwQFBgcICQoLDA0ODw==$aEYbxd/eNptm/qTpRr6Nt/hsRP4C5CL3pz5t/QnbxvI=',
  'Spring scrypt without its label':
    '$e0801$AAECAwQFBgcICQoLDA0ODw==$aEYbxd/eNptm/qTpRr6Nt/hsRP4C5CL3pz5t/QnbxvI=',
  'ASP.NET Identity, version 3':
    'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg//3dz9OEggI6avKCfLH9VPaziQcg4EDESnQseS6WvnAw==',
  'ASP.NET Identity, version 3 of .NET 7':
    'AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8wxp63Xs4Mj8uO75GUDN6Z+uHtlb1c/rac67bAfccgzA==',
  'ASP.NET Identity, version 2':
    'AAABAgMEBQYHCAkKCwwNDg/jDKeEVIOzQXpzXpg4DhvV0izrICu0j2s8ZUzVETgpyA==',
  'LDAP PBKDF2-SHA-256': `{PBKDF2-SHA256}1000$${PBKDF2_SALT}$ZuTDH3BdJGsK3oj2z/LE53L9V8gWQdrXMuRKBzE6hBY`,
  'LDAP PBKDF2': `{PBKDF2}1000$${PBKDF2_SALT}$4wynhFSDs0F6c16YOA4b1dIs6yA`,
}

describe('spellings', () => {
  it.each(Object.entries(SPELLINGS))(
    '%s takes the right password and no other',
    async (_, hash) => {
      expect(foreignHashProblem(hash)).toBeNull()
      expect(verificationCostMs(hash)).toBeGreaterThan(0)
      expect(await verifyForeignHash(hash, PASSWORD)).toBe(true)
      expect(await verifyForeignHash(hash, `${PASSWORD}!`)).toBe(false)
      expect(await isHashOfEmptyPassword(hash)).toBe(false)
      expect(seesWholePassword(hash, PASSWORD)).toBe(true)
    },
  )

  it('the examples of passlib’s documentation verify', async () => {
    const version1 = '$bcrypt-sha256$2a,12$LrmaIX5x4TRtAwEfwJZa1.$2ehnw6LvuIUTM0iz4iz9hTxv21B6KFO'
    const version2 =
      '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2'
    for (const hash of [version1, version2]) {
      expect(await verifyForeignHash(hash, 'password')).toBe(true)
      expect(await verifyForeignHash(hash, 'passwore')).toBe(false)
    }
  })

  it.each([
    `{bcrypt}${ARGON2}`,
    `{argon2}${BCRYPT}`,
    `{noop}${BCRYPT}`,
    `{bcrypt}{bcrypt}${BCRYPT}`,
    ` ${BCRYPT}`,
    `{pbkdf2}${'0a'.repeat(40)}`,
    '00112233445566778899aabbccddee:20baa64214d85c02',
    `s2:${SPELLINGS['better-auth']}`,
    'AQAAAAEAAYahAAAAEAABAgMEBQYHCAkKCwwNDg+NL1aqmAmx0AKXOWzu3ghTfPEkCjET5qmYBBKozp09/Q==',
    'AQAAAAMAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8vGu1dPNRasIGv74j3AON1oMJeCHlCjmvcbN7ySN8t+A==',
    `B${'A'.repeat(67)}`,
  ])('%s is none of them', async (hash) => {
    expect(foreignHashProblem(hash)).toBe('hash_unsupported')
    expect(await verifyForeignHash(hash, PASSWORD)).toBe(false)
  })

  it.each([
    '$wp$2y$05$short',
    'AQAAAAEAAAPoAAAPoAABAgMEBQYHCAkKCwwNDg94eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA==',
    '$wp$P$BDSdKx2nglM.5UErwjQGeVtVWvjEvD1',
    '$bcrypt-sha256$v=3,t=2b,r=5$abcdefghijklmnopqrstuu$O2xLi88JAw5SfyYwa4MlkOPVD1veH92',
    'scrypt:32768:8:1$salt$not-hex',
    'scrypt:1000:8:1$salt$aabbccddeeff00112233445566778899',
    'pbkdf2:sha256:1000$salt$0',
    `$e0001$AAECAw==$${'A'.repeat(43)}=`,
    `$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA===$${'A'.repeat(43)}`,
  ])('%s is malformed', (hash) => {
    expect(foreignHashProblem(hash)).toBe('hash_malformed')
  })

  it('costs are bounded in every spelling', () => {
    const costly = [
      SPELLINGS['WordPress']?.replace('$05$', '$13$'),
      SPELLINGS['passlib bcrypt_sha256']?.replace('r=5', 'r=13'),
      SPELLINGS['Werkzeug scrypt']?.replace('32768', '131072'),
      SPELLINGS['Spring scrypt']?.replace('e0801', '120801'),
    ]
    for (const hash of costly) expect(foreignHashProblem(hash ?? '')).toBe('hash_too_costly')
    const iterations = SPELLINGS['Werkzeug PBKDF2']?.replace('50000', '600000') ?? ''
    expect(foreignHashProblem(iterations)).toBe('hash_unsupported')
  })

  it.each([
    ['$argon2i$v=19$m=1024,t=2,p=1$c2FsdA$aGFzaA', 'argon2i'],
    ['$P$BDSdKx2nglM.5UErwjQGeVtVWvjEvD1', 'phpass'],
    ['{noop}secret', 'plain text'],
    ['pbkdf2_sha256$600000$salt$AAAA', 'more than 100,000 iterations'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'MD5'],
    ['secret', 'unknown kind'],
  ])('%s is refused by its name, and not repeated', (hash, name) => {
    const text = hashProblemText(hash, 'hash_unsupported')
    expect(text).toContain(name)
    expect(text).not.toContain(hash)
  })
})

describe('the empty password', () => {
  test.each(Object.entries(EMPTY_HASHES))('%s: found out, and never right', async (_, hash) => {
    expect(foreignHashProblem(hash)).toBeNull()
    expect(await isHashOfEmptyPassword(hash)).toBe(true)
    for (const text of ['', '\0', '\0'.repeat(3), ' ', '\t\n', '\u200b']) {
      expect(await verifyForeignHash(hash, text), JSON.stringify(text)).toBe(false)
    }
  })

  test('NULs are no part of a password: HMAC and bcrypt do not tell them from the end', async () => {
    const hmac = `$pbkdf2-sha256$i=1000$${PBKDF2_SALT}$ZuTDH3BdJGsK3oj2z/LE53L9V8gWQdrXMuRKBzE6hBY`
    expect(await verifyForeignHash(hmac, PASSWORD)).toBe(true)
    for (const hash of [hmac, BCRYPT]) {
      expect(await verifyForeignHash(hash, `${PASSWORD}\0`)).toBe(false)
      expect(await verifyForeignHash(hash, `${PASSWORD}\0${PASSWORD}`)).toBe(false)
    }
  })
})

describe('what a hash does not see', () => {
  const DIGITS = '0123456789'.repeat(8)
  const OF_80 = '$2b$04$abcdefghijklmnopqrstuum2G75IXDN/xsgbNa/hCiPSKyIHQd70S'
  const OF_71 = '$2b$04$abcdefghijklmnopqrstuukow.iL/GuIgNNTSpCKVqIJG617.YQsi'

  it('bcrypt does not see what follows 71 bytes, whatever the typed text ends with', async () => {
    for (const typed of [DIGITS, `${DIGITS.slice(0, 72)}slip`, DIGITS.slice(0, 72)]) {
      expect(await verifyForeignHash(OF_80, typed)).toBe(true)
      expect(seesWholePassword(OF_80, typed)).toBe(false)
    }
    expect(await verifyForeignHash(OF_71, DIGITS.slice(0, 71))).toBe(true)
    expect(await verifyForeignHash(OF_71, DIGITS.slice(0, 72))).toBe(false)
    expect(seesWholePassword(OF_71, DIGITS.slice(0, 71))).toBe(true)
    // Bytes, not characters.
    expect(seesWholePassword(OF_71, 'ü'.repeat(36))).toBe(false)
    expect(seesWholePassword(OF_71, 'ü'.repeat(35))).toBe(true)
  })

  it('bcrypt over a digest sees all of a long password', () => {
    for (const name of ['WordPress', 'passlib bcrypt_sha256']) {
      expect(seesWholePassword(SPELLINGS[name] ?? '', DIGITS)).toBe(true)
    }
  })

  it('WordPress trims, and hashes quotes and backslashes with a backslash before them', async () => {
    const hash = SPELLINGS['WordPress'] ?? ''
    expect(await verifyForeignHash(hash, ` ${PASSWORD}\t`)).toBe(true)
    expect(seesWholePassword(hash, ` ${PASSWORD}\t`)).toBe(false)
    const typed = `it's a \\ "quoted" one`
    const slashed = '$wp$2y$05$abcdefghijklmnopqrstuuGJDiCLDXmS9ejxomHGiMQteu4f8W0K6'
    const plain = '$wp$2y$05$abcdefghijklmnopqrstuuuarVyQSgHCgzrWyLQ0YsLSrNZDkzFWS'
    for (const each of [slashed, plain]) {
      expect(await verifyForeignHash(each, typed)).toBe(true)
      expect(await verifyForeignHash(each, `${typed}.`)).toBe(false)
      expect(seesWholePassword(each, typed)).toBe(false)
    }
  })

  it('better-auth folds by NFKC', async () => {
    const hash =
      '00112233445566778899aabbccddeeff:69a1b9251a80027449ea7ce6d6c42d8130ddeda24a698b559fb7ce3e9109aa7ea07743b8e69a4267b2a91d899d95de21a801d29ac85e89374aab935e05614f23'
    for (const typed of ['eﬃcient Ⅷ', 'efficient VIII']) {
      expect(await verifyForeignHash(hash, typed)).toBe(true)
    }
    expect(seesWholePassword(hash, 'eﬃcient Ⅷ')).toBe(false)
    expect(seesWholePassword(hash, 'efficient VIII')).toBe(true)
  })
})

describe('bits to spare in bcrypt', () => {
  // Of a salt that ends in `u`; `v` and `9` differ from it in bits that no byte of the salt has.
  const hash = '$2b$04$GW2EZo3VML8NvMPP/qCXduC7jHbA02MsIeKJG6jq27zRQcWSchcGy'
  const empty = '$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq'
  const written = [
    hash,
    hash.replace('XduC7', 'XdvC7'),
    hash.replace('XduC7', 'Xd9C7'),
    hash.replace(/y$/, 'z'),
    hash.replace('XduC7', 'XdvC7').replace(/y$/, '1'),
  ]

  test.each(written)('%s takes the password', async (text) => {
    expect(foreignHashProblem(text)).toBeNull()
    expect(await verifyForeignHash(text, 'secret')).toBe(true)
    expect(await verifyForeignHash(text, 'secret!')).toBe(false)
  })

  test('a bit of the salt or of the digest makes another hash', async () => {
    for (const text of [hash.replace('XduC7', 'XdeC7'), hash.replace(/y$/, 'u')]) {
      expect(await verifyForeignHash(text, 'secret')).toBe(false)
    }
  })

  test('are no matter to Django, WordPress and passlib, and hide no empty password', async () => {
    const others = ['WordPress', 'passlib bcrypt_sha256', 'passlib bcrypt_sha256, version 1']
    for (const name of others) {
      const text =
        SPELLINGS[name]?.replace('abcdefghijklmnopqrstuu', 'abcdefghijklmnopqrstuv') ?? ''
      expect(text).not.toBe(SPELLINGS[name])
      expect(await verifyForeignHash(text, PASSWORD), name).toBe(true)
    }
    expect(await isHashOfEmptyPassword(empty.replace('stuub', 'stuvb'))).toBe(true)
  })
})
