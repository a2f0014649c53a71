/** Light or dark: follows the system until the user chooses. */
import { signal } from '@preact/signals';

export const theme = signal(document.documentElement.dataset['theme'] ?? 'light');

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme.value;
  try {
    localStorage.setItem('fettle-theme', theme.value);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}
