/**
 * Passwords of ten characters and more that stand first in lists of leaked ones; shorter ones are refused anyway. What is guessed within
 * the tries that the throttle leaves, not what a stolen database gives away: for that a list would have to be thousands of times longer.
 * https://github.com/danielmiessler/SecLists/tree/master/Passwords/Common-Credentials
 */
const common: ReadonlySet<string> = new Set(
  `1234567890 0123456789 0987654321 9876543210 12345678910 123456789a a123456789 123456789q q123456789 1234567891 123456789123
  1234567890a 1234567890q 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv 1qazxsw23edc zaq12wsxcde3
  qwertyuiop qwertyuiop123 qwertyuiop[] qwerty12345 qwerty123456 qwerty1234 123qweasdzxc qweasdzxc123 qwe123qwe123 asdfghjkl123
  asdfghjkl; zxcvbnm123 1234qwerasdf 1234567qwerty password12 password123 password1234 password12345 password123456 passw0rd123
  p@ssw0rd123 password1! password123! mypassword thepassword passwordpassword administrator administrator1 adminadmin
  admin12345 admin123456 letmein123 letmein1234 welcome123 welcome1234 iloveyou12 iloveyou123 iloveyou1234 iloveyouso
  sunshine123 princess123 football123 baseball123 superman123 dragon12345 monkey12345 michael123 jennifer123 charlie123
  liverpool1 manchester chocolate1 basketball starwars123 1111111111 0000000000 11111111111 111111111111 000000000000
  2222222222 5555555555 6666666666 7777777777 8888888888 9999999999 1212121212 1231231231 123123123123 12341234123
  123412341234 1122334455 112233445566 0102030405 010203040506 1029384756 1472583690 1472583690 1234554321 123454321a
  abcdefghij abcdefghijk abcd123456 abc1234567 abc123456789 aaaaaaaaaa aa12345678 a1b2c3d4e5 a1s2d3f4g5 asd123456789
  changeme123 changeme1234 test123456 testtest123 testtesttest google12345 facebook123 samsung123 computer123 internet123
  qwertyqwerty qwerasdfzxcv qweqweqweqwe asdasdasdasd zxczxczxczxc 123qwe123qwe qwe1234567 trustno1trustno1 whatever123
  йцукенгшщз йцукенгшщзхъ йцукен12345 йцукен123456 фывапролдж ячсмитьбю. пароль12345 пароль123456 парольпароль 123йцукен123
  любовь12345 привет12345 наташа12345 россия12345 gfhjkm12345 gfhjkm123456 ytrewq12345 ghbdtn12345 vjcrdf12345 metrika123
  yandex12345 metrika-gateway metrikagateway`.split(/\s+/),
);

/** Whether a password is one that is tried first. */
export const isCommonPassword = (password: string): boolean => common.has(password.toLowerCase());
