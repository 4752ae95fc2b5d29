/** The console's import of users, in French. */
import type { imports as en } from '../en/admin-import'

export const imports: typeof en = {
  title: 'Importer des utilisateurs',
  lead: 'NDJSON avec un utilisateur par ligne. Les utilisateurs qui ont déjà un compte sont ignorés. Vous pouvez donc envoyer de nouveau le même fichier.',
  file: 'Fichier',
  fileHint: 'Taille illimitée avec JavaScript. Sans JavaScript, jusqu’à 1 000 lignes et 1 Mio.',
  text: 'Ou collez des lignes ici',
  submit: 'Importer',
  stop: 'Arrêter',
  example: 'Exemple de ligne',
  exampleLead:
    'Seuls email et full_name sont nécessaires. Les empreintes de mots de passe d’autres systèmes restent valables (PBKDF2, bcrypt, scrypt, Argon2).',
  nothing: 'Choisissez un fichier ou collez des lignes.',
  resultTitle: 'Résultat',
  imported: 'Importés',
  skipped: 'Ignorés',
  refused: 'Lignes avec des erreurs',
  line: 'Ligne',
  problem: 'Erreur',
  progress: 'Progression',
  running: 'Importation…',
  finished: 'L’importation est terminée.',
  stopped:
    'Importation arrêtée. Pour continuer, envoyez de nouveau le même fichier. Aucun utilisateur n’est importé deux fois.',
  failed:
    'Le serveur a refusé une partie du fichier. Pour continuer, envoyez de nouveau le même fichier. Aucun utilisateur n’est importé deux fois.',
  whySkipped: 'Raison',
  allGood: 'Aucune erreur.',
  moreErrors: 'Seules les 500 premières erreurs sont affichées.',
  moreSkipped: 'Seules les 500 premières lignes ignorées sont affichées.',
  skips: {
    email_taken: 'Il existe déjà un compte avec cette adresse e-mail.',
    address_kept:
      'Cette adresse est réservée à un utilisateur qui peut encore annuler un changement d’adresse e-mail.',
    duplicate_in_chunk: 'Une ligne précédente contient la même adresse.',
    outranked:
      'Un compte non confirmé avec cette adresse dispose d’autorisations que vous n’avez pas.',
  },
  issues: {
    malformed_line: 'La ligne n’est pas du JSON valide.',
    unknown_role: 'Ce rôle n’existe pas.',
    unknown_field: 'Champ inconnu.',
    in_the_future: 'La date de création ne peut pas être dans le futur.',
    garbled: 'Le fichier n’est pas de l’UTF-8 valide.',
    utf_16: 'Le fichier est en UTF-16. Enregistrez-le en UTF-8.',
    not_ndjson:
      'C’est un tableau JSON ou du JSON indenté. Écrivez un objet JSON par ligne (NDJSON).',
    empty_password_hash:
      'C’est l’empreinte d’un mot de passe vide. Omettez hashed_password pour un utilisateur sans mot de passe.',
    hash_not_checked:
      'Le temps a manqué pour vérifier cette empreinte de mot de passe. Envoyez de nouveau cette ligne.',
    too_many_lines: '1 000 lignes au maximum à la fois.',
  },
}
